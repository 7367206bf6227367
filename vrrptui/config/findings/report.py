"""Collects the findings about a configuration, with their places, up to a limit.

Imports only the model's findings.
"""

from __future__ import annotations

from dataclasses import replace

from vrrptui.config.model.configuration import Finding, Level, Place

FINDINGS_MAX = 1000
# Errors about the words of one line, ignored inside a skipped block.
OF_A_LINE = frozenset(
    (
        *("line-too-long", "bad-byte", "open-quote", "escaped-comment", "template-text", "continued-line"),
        *("undefined-variable", "random-value", "bad-condition", "bad-sequence"),
    )
)
SHOWN_MAX = 80  # characters of a word that a finding quotes


def visible(text: str) -> str:
    """Return `text` safe for a terminal, as one line: control characters and undecodable bytes are escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def shown(text: str) -> str:
    """Return a word as findings quote it: escaped, in quotes, and cut to `SHOWN_MAX` characters."""
    cut = text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"
    return f"'{visible(cut)}'"


class Report:
    """The findings of one load: at most `FINDINGS_MAX`, the last of which then says that there were more."""

    def __init__(self) -> None:
        self.failed = False  # whether there was an error, kept or not
        self.passing_over = False  # inside a skipped block, where errors in OF_A_LINE are ignored
        self.conditional: dict[str, list[str]] = {}  # keyword: config ids of its lines that do not apply here
        self._findings: list[Finding] = []
        self._counted: dict[tuple[str, str], tuple[int, int, Place]] = {}  # index in _findings, number, last place

    @property
    def full(self) -> bool:
        """Whether further findings would be dropped, so that reading can stop."""
        return len(self._findings) >= FINDINGS_MAX

    @property
    def findings(self) -> list[Finding]:
        """The findings in the order in which they were added; repeated ones appear once, with their number."""
        found = self._findings.copy()
        for index, count, last in self._counted.values():
            if count > 1:
                where = (
                    f"line {last.line}" if last.file == found[index].place.file else f"{visible(last.file)}:{last.line}"
                )
                found[index] = replace(found[index], text=f"{found[index].text} ({count} times, the last in {where})")
        return found

    def error(self, place: Place, code: str, text: str, hint: str = "") -> None:
        if self.passing_over and code in OF_A_LINE:
            return
        self.failed = True
        self._add(Finding(Level.ERROR, place, code, text, hint))

    def warning(self, place: Place, code: str, text: str, hint: str = "") -> None:
        self._add(Finding(Level.WARNING, place, code, text, hint))

    def once(
        self, place: Place, code: str, text: str, hint: str = "", level: Level = Level.WARNING, about: str = ""
    ) -> None:
        """Add a finding that appears once, at its first place, with the number of its places.

        Findings are the same if `code` and `about` are equal; without `about`, `code` and `text`.
        """
        if self.passing_over and code in OF_A_LINE:
            return
        self.failed = self.failed or level is Level.ERROR
        key = (code, about or text)
        index, count, _ = self._counted.get(key, (len(self._findings), 0, place))
        if count or not self.full:
            self._counted[key] = (index, count + 1, place)
        if not count:
            self._add(Finding(level, place, code, text, hint))

    def read_as(self, keyword: str, hint: str) -> str:
        """Return `hint` for a missing keyword, or a hint to use --config-id if it is there for another config id."""
        ids = self.conditional.get(keyword)
        if not ids:
            return hint
        names = ", ".join(f"@{visible(name)}" for name in dict.fromkeys(ids))
        return f"{keyword} is written for {names} alone: --config-id {visible(ids[0])} reads the file as that host"

    def _add(self, finding: Finding) -> None:
        if len(self._findings) < FINDINGS_MAX - 1:
            self._findings.append(finding)
        elif not self.full:
            text = f"there are more than {FINDINGS_MAX - 1} findings; the rest is left out"
            self._findings.append(Finding(finding.level, finding.place, "too-many-findings", text))
        elif finding.level is Level.ERROR:
            self._findings[-1] = replace(self._findings[-1], level=Level.ERROR)
