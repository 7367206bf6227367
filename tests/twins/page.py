"""Writes the section of docs/compatibility.md that lists the known differences: run `python -m tests.twins.page`."""

from __future__ import annotations

from pathlib import Path

from tests.twins.known import KNOWN

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
BEGIN = "## Behaviour that differs from keepalived 2.2.7\n"
END = "## Limits\n"
OPENING = """
`make twins` runs random configurations and events with both programs side by side and compares states, addresses,
routes, rules, devices, adverts, announcements and notifications. The known differences are listed here; any other
difference fails the run. This section is generated from tests/twins/known.py by `python -m tests.twins.page`.

| difference | reason |
|---|---|
"""


def section() -> str:
    """The whole section."""
    rows = [f"| {one.what} | {one.why} |\n" for one in KNOWN]
    return BEGIN + OPENING + "".join(rows) + "\n"


def page(text: str) -> str:
    """The page with the section as it must be, before the limits."""
    before, _, after = text.partition(END)
    return before.partition(BEGIN)[0] + section() + END + after


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
