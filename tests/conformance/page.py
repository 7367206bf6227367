"""Builds docs/conformance.md from the tests' own words: run `python -m tests.conformance.page`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.conformance.claims import Claim, claims
from tests.conformance.left_out import LEFT_OUT

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
TITLES = {
    "9568": "RFC 9568: VRRP version 3",
    "3768": "RFC 3768: VRRP version 2",
    "2338": "RFC 2338: authentication of version 2",
    "2402": "RFC 2402: the authentication header",
    "2403": "RFC 2403: HMAC-MD5-96",
    "5798": "RFC 5798: version 3 before RFC 9568, still in wide use",
    "keepalived": "keepalived, where no RFC applies",
}
OPENING = """# Conformance

The requirements of the RFCs, and what the tests prove of each. An id consists of the RFC, its section, and a number in
this project's list. *Positive*: what must be accepted or done is accepted or done. *Negative*: nothing else is. This
page is generated from the tests: after changing a claim run `python -m tests.conformance.page`.
"""


def page(found: Iterable[Claim]) -> str:
    """The whole page."""
    words: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"positive": [], "negative": []})
    for claim in sorted(found):
        words[claim.requirement][claim.half].append(claim.words)
    parts = [OPENING]
    for rfc, title in TITLES.items():
        ids = sorted((one for one in words if one.split("-")[0] == rfc), key=in_order)
        if ids:
            rows = [f"| {one} | {_cell(words[one]['positive'])} | {_cell(words[one]['negative'])} |" for one in ids]
            parts.append("\n".join([f"## {title}\n", "| Id | Positive | Negative |", "|---|---|---|", *rows, ""]))
    parts.append("## Requirements without a test\n\n" + "\n".join(_left_out()) + "\n")
    return "\n".join(parts)


def _left_out() -> list[str]:
    return [f"- {', '.join(sorted(ids, key=in_order))}: {why}" for why, ids in LEFT_OUT.items()]


def _cell(words: list[str]) -> str:
    return "; ".join(words).replace("|", "\\|") or "-"


def in_order(requirement: str) -> list[tuple[int, str]]:
    """Sorts ids by their numbers, 6.4.10 after 6.4.9."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"[-.]", requirement)]


if __name__ == "__main__":
    PAGE.write_text(page(claims()), encoding="utf-8")
