"""What another program was to fill in before keepalived reads a file: tags of templates, defaults of the shell.

Works on one line. What is left there is an error; the rest of the line stays readable, so that its braces count.
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
    """The line without tags of templates: as it is, with a word in place of each, or empty if no brace is left.

    Between double quotes such a tag may be an argument of the command, as docker's --format has them.
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
    """Where the tags of templates are, in order. Each kind is looked for once, so that no line takes long."""
    found: list[slice] = []
    after = 0  # the last tag
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
        if end < 0:  # and so for all others of its kind
            del starts[kind]
            continue
        after = end + len(kind[1])
        found.append(slice(start, after))


def without_references(text: str, place: Place) -> str:
    """The line with a word in place of each ${...}, or empty if no brace is left."""
    return _with_braces(_REFERENCE.sub(lambda _: _word(place), text))


def shell_expansion(text: str) -> str:
    """What of the line is the shell's, as ${X:-51} is; empty if nothing is."""
    found = _SHELL.search(_QUOTED.sub("", text))
    return found[0] if found else ""


def _word(place: Place) -> str:
    return f"line-{place.line}"


def _with_braces(text: str) -> str:
    bare = _QUOTED.sub("", text)
    return text if "{" in bare or "}" in bare else ""
