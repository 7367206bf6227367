"""Writes the section of docs/compatibility.md that lists the known differences: run `python -m tests.twins.page`."""

from __future__ import annotations

from pathlib import Path

from tests.twins.known import KNOWN

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
BEGIN = "## Where what runs differs from keepalived 2.2.7\n"
END = "## Limits\n"
OPENING = """
`make twins` runs drawn configurations and events with both programs side by side and compares states, addresses,
routes, rules, devices, adverts, announcements and notifications. These differences are known, and no others. This
section is built from tests/twins/known.py: run `python -m tests.twins.page`.

| what | why |
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
