"""What a misspelt keyword may have meant: the nearest of those that are valid there, and signs of another script."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

NEAR = 0.75  # of difflib's ratio: "virtual_address" is as near to "virtual_ipaddress"
PREFIX_LEAST = 4  # characters that only one keyword begins with
WORD_MAX = 60  # characters; a longer word is no keyword that was misspelt
# Letters that look like Latin ones, by those.
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁցһӏοαενρτυκιАВЕКМНОРСТХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "abekmhopctyxijsdghloaevptukiABEKMHOPCTXIJSABEZHIKMNOPTYX",
)


def meant(word: str, valid: Iterable[str]) -> str:
    """The valid keyword nearest to `word`, or empty if none is near."""
    if len(word) > WORD_MAX:
        return ""
    plain = unicodedata.normalize("NFKC", word).translate(_LOOKALIKES)
    plain = "".join(sign for sign in plain if sign.isprintable() and not sign.isspace()).lower().replace("-", "_")
    known = sorted(set(valid))
    near = difflib.get_close_matches(plain, known, 1, NEAR)
    begun = [keyword for keyword in known if len(plain) >= PREFIX_LEAST and keyword.startswith(plain)]
    return near[0] if near else begun[0] if len(begun) == 1 else ""


def strange_sign(word: str) -> str:
    """The name of the first sign that is not ASCII and where it stands; empty if there is none."""
    for number, sign in enumerate(word, 1):
        if not sign.isascii():
            code = f"U+{ord(sign):04X}"
            return f"character {number} is {code} {unicodedata.name(sign, '')}".rstrip()
    return ""
