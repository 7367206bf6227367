"""Suggests keywords for misspelt ones, and finds characters of other scripts."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

NEAR = 0.75  # difflib ratio; that of "virtual_address" and "virtual_ipaddress"
PREFIX_LEAST = 4  # minimum length of a unique prefix of a keyword
WORD_MAX = 60  # characters; longer words are not treated as misspelt keywords
# Letters that look like Latin ones, and those.
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁցһӏοαενρτυκιАВЕКМНОРСТХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "abekmhopctyxijsdghloaevptukiABEKMHOPCTXIJSABEZHIKMNOPTYX",
)


def meant(word: str, valid: Iterable[str]) -> str:
    """Return the valid keyword nearest to `word`, or "" if none is near."""
    if len(word) > WORD_MAX:
        return ""
    plain = unicodedata.normalize("NFKC", word).translate(_LOOKALIKES)
    plain = "".join(sign for sign in plain if sign.isprintable() and not sign.isspace()).lower().replace("-", "_")
    known = sorted(set(valid))
    near = difflib.get_close_matches(plain, known, 1, NEAR)
    begun = [keyword for keyword in known if len(plain) >= PREFIX_LEAST and keyword.startswith(plain)]
    return near[0] if near else begun[0] if len(begun) == 1 else ""


def strange_sign(word: str) -> str:
    """Return the name and position of the first non-ASCII character, or "" if there is none."""
    for number, sign in enumerate(word, 1):
        if not sign.isascii():
            code = f"U+{ord(sign):04X}"
            return f"character {number} is {code} {unicodedata.name(sign, '')}".rstrip()
    return ""
