"""Phrases that this project does not use, each with what to write instead: in pages now, in code later."""

from __future__ import annotations

import re

# A regular expression, without regard to case: what to write instead.
UNWANTED = {
    r"\btold\b": "reported, configured, notified",
    r"\banew\b": "again",
    r"\bof ours\b": "of this host, of this project",
    r"\b(?:go|goes|going|went|gone) on\b": "continue, keep doing",
    r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more than\b|(?:two|such)\b)\w+": "is not a, invalid",
    r"\bwho(?:m?ever|soever)\b": "users who, the router that",
    r"\bstands? (?:for it|by itself|where|there|in|on|below|above)\b": "is",
    r", for (?:it|they|he|she|there|we|that)\b": ", because",
    r"\blies? (?:in|on|at|below|beside)\b": "is in",
    r"\bleft away\b|\bleaves? away\b": "omitted",
    r"\bcounts? for nothing\b": "has no effect, is ignored",
    r"\bas it has to be\b|\bnot to be had\b": "as required, not available",
    r"\bfor ever\b": "endlessly, permanently",
    r"\bgive(?:s|n)? (?:mastership|it) away\b": "hand over, resign",
    r"\bhas a say\b|\bhas the last word\b": "decides, takes precedence",
    r"\blooked? after\b": "managed, checked",
    r"\bin (?:his|her|its|their) own words\b": "as the tests state it",
    r"\bwithout more ado\b|\bby and by\b|\bnow and then\b": "immediately, gradually, occasionally",
    r"\bmishap\b|\bdeed\b|\bailment\b|\bfooting\b": "failure, change, finding, readiness",
    r"\btakes? (?:his|her) time\b": "is slow",
    r"^#+ (?:What|Who|Where|How(?! to)|Whether)\b": "a title that names its subject",
}


def unwanted_in(text: str) -> list[tuple[int, str, str]]:
    """The phrases found in a Markdown text: line, phrase, and what to write instead.

    Code is left out: fenced blocks, and what is between backticks. A phrase across two lines is found as well.
    """
    plain = re.sub(r"^```.*?^```", _blank, text, flags=re.MULTILINE | re.DOTALL)
    plain = re.sub(r"`[^`\n]*`", _blank, plain)
    one_line = plain.replace("\n", " ")
    found = []
    for pattern, instead in UNWANTED.items():
        searched = plain if pattern.startswith("^") else one_line
        for match in re.finditer(pattern, searched, re.IGNORECASE | re.MULTILINE):
            found.append((plain.count("\n", 0, match.start()) + 1, match[0], instead))
    return sorted(found)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "x", match[0])
