"""`vrrptui explain CODE`: meaning, cause and remedy of a diagnosis code."""

from __future__ import annotations

import textwrap
from typing import TextIO

from vrrptui.cli.printing.complain import EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.printing.output import put
from vrrptui.segment.codes import EXPLANATIONS, Code

WIDTH = 100


def run(word: str, out: TextIO) -> int:
    """Explain a code, in either case, with `-` or `_`. Exit status 2, with the list of codes, for an unknown one."""
    name = word.upper().replace("-", "_")
    if name not in Code.__members__:
        return complain("explain", f"no code {word}; there are: {', '.join(Code.__members__)}", EXIT_USAGE)
    code = Code[name]
    one = EXPLANATIONS[code]
    parts = {"meaning": one.meaning, "cause": one.cause, "what to do": one.action}
    put(out, f"{code.value} ({one.severity})")
    for label, text in parts.items():
        indent = f"{label:<12}"
        put(out, *textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent)))
    out.flush()
    return EXIT_GOOD
