"""Finds what another program should have replaced: template tags and shell parameter expansions.

Each is an error; the rest of the line is kept, so that its braces count.
"""

from __future__ import annotations

import re

from vrrptui.config.findings.report import Report, shown
from vrrptui.config.model.finding import Level, Place

_QUOTED = re.compile(r'"[^"]*"')
_TAGS = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<%", "%>"), ("<?", "?>"))
_REFERENCE = re.compile(r"\$\{[^{}]*\}?")
_SHELL = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*[^A-Za-z0-9_{} \t][^{}]*\}?")


def without_tags(content: str, place: Place, report: Report) -> str:
    """Return the line with a word in place of each template tag, or "" if no brace is left; unchanged without tags.

    Inside double quotes a tag may be an argument of the command, such as docker's --format.
    """
    if not any(start in content for start, _ in _TAGS):
        return content
    found = _tags(_QUOTED.sub(lambda quoted: " " * len(quoted[0]), content))
    if not found:
        return content
    tag = content[found[0]]
    text = f"{shown(tag)} is left of a template that nothing has filled in"
    hint = "check the file that the template makes"
    report.once(place, "template-text", text, hint, Level.ERROR, about="template-text")
    tags = _tags(content)
    between = zip([0, *(one.stop for one in tags)], [*(one.start for one in tags), len(content)], strict=True)
    return _with_braces(_word(place).join(content[start:end] for start, end in between))


def _tags(text: str) -> list[slice]:
    """Return the positions of template tags, in order. Each kind is searched once, so the time is linear."""
    found: list[slice] = []
    after = 0  # the end of the last tag
    starts = dict.fromkeys(_TAGS, -1)
    while True:
        for kind, start in list(starts.items()):
            if start < after:
                starts[kind] = text.find(kind[0], after)
            if starts[kind] < 0:
                del starts[kind]
        if not starts:
            return found
        kind, start = min(starts.items(), key=lambda item: item[1])
        end = text.find(kind[1], start + len(kind[0]))
        if end < 0:  # nor do any others of its kind end
            del starts[kind]
            continue
        after = end + len(kind[1])
        found.append(slice(start, after))


def without_references(text: str, place: Place) -> str:
    """Return the line with a word in place of each ${...}, or "" if no brace is left."""
    return _with_braces(_REFERENCE.sub(lambda _: _word(place), text))


def shell_expansion(text: str) -> str:
    """Return the first shell expansion in the line, such as ${X:-51}, or ""."""
    found = _SHELL.search(_QUOTED.sub("", text))
    return found[0] if found else ""


def _word(place: Place) -> str:
    return f"line-{place.line}"


def _with_braces(text: str) -> str:
    bare = _QUOTED.sub("", text)
    return text if "{" in bare or "}" in bare else ""
