"""What another program was to fill in before keepalived reads a file: tags of templates, defaults of the shell.

Works on one line. What is left there is an error; the rest of the line stays readable, so that its braces count.
"""

from __future__ import annotations

import re

from vrrptui.config.finding import Level, Place
from vrrptui.config.report import Report, shown

_QUOTED = re.compile(r'"[^"]*"')
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<%.*?%>|<\?.*?\?>")
_REFERENCE = re.compile(r"\$\{[^{}]*\}?")
_SHELL = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*[^A-Za-z0-9_{} \t][^{}]*\}?")


def without_tags(content: str, place: Place, report: Report) -> str:
    """The line without tags of templates: as it is, with a word in place of each, or empty if no brace is left.

    Between double quotes such a tag may be an argument of the command, as docker's --format has them.
    """
    if "{{" not in content and "{%" not in content and "{#" not in content and "<" not in content:
        return content
    found = _TAG.search(_QUOTED.sub(lambda quoted: " " * len(quoted[0]), content))
    if found is None:
        return content
    tag = content[found.start() : found.end()]
    text = f"{shown(tag)} is left of a template that nothing has filled in"
    hint = "check the file that the template makes"
    report.once(place, "template-text", text, hint, Level.ERROR, about="template-text")
    return _with_braces(_TAG.sub(lambda _: _word(place), content))


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
