"""Collecting findings: what is said about a configuration, with its place, and never more of it than a person can read.

Knows the model's findings only; nothing of syntax or keywords.
"""

from __future__ import annotations

from vrrptui.config.model import Finding, Level, Place

FINDINGS_MAX = 1000
SHOWN_MAX = 80  # characters of a foreign word that a finding repeats


def visible(text: str) -> str:
    """Foreign text as one line that is safe on a terminal: control characters and undecodable bytes made visible."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def shown(text: str) -> str:
    """A foreign word as a finding repeats it: visible, in quotes, cut to `SHOWN_MAX` characters."""
    cut = text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"
    return f"'{visible(cut)}'"


class Report:
    """The findings of one load. After `FINDINGS_MAX` of them one last finding says that there were more."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.failed = False  # whether there was an error, kept or not

    @property
    def full(self) -> bool:
        """Whether nothing more would be kept, so that reading on serves nobody."""
        return len(self.findings) >= FINDINGS_MAX

    def error(self, place: Place, code: str, text: str, hint: str = "") -> None:
        self.failed = True
        self._add(Finding(Level.ERROR, place, code, text, hint))

    def warning(self, place: Place, code: str, text: str, hint: str = "") -> None:
        self._add(Finding(Level.WARNING, place, code, text, hint))

    def _add(self, finding: Finding) -> None:
        if len(self.findings) < FINDINGS_MAX - 1:
            self.findings.append(finding)
        elif not self.full:
            text = f"there are more than {FINDINGS_MAX - 1} findings; the rest is left out"
            self.findings.append(Finding(finding.level, finding.place, "too-many-findings", text))
