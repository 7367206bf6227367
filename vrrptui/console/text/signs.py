"""ASCII replacements for the console's signs, for terminals and locales that lack them. No Textual here."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path

_ASCII_SIGNS = str.maketrans(
    {
        "✖": "X",
        "▲": "!",
        "●": "*",
        "○": "o",
        "◌": "~",
        "‖": "=",
        "│": "|",
        "─": "-",
        "→": ">",
        "≠": "#",
        "−": "-",
        "·": ".",
        "…": "~",
        "█": "#",
        "░": ".",
        "▕": "[",
        "▏": "]",
        "▼": "v",
        "↑": "^",
        "↓": "v",
        "±": "~",
        "≤": "<",
        "Δ": "d",
        "×": "x",
        "›": ">",
        "—": "-",
        "▾": "v",
        "▸": ">",
        "▶": ">",
        "◆": "+",
    }
    | dict(zip("▁▂▃▄▅▆▇", "_.:-=+*", strict=True))
)


def ascii_signs(text: str) -> str:
    """Return `text` in ASCII: the console's signs replaced, anything else as `?`."""
    if text.isascii():
        return text
    return text.translate(_ASCII_SIGNS).encode("ascii", "replace").decode()


def locale_lacks_signs(environment: Mapping[str, str], encoding: str) -> bool:
    """Whether the locale cannot represent the console's signs: C and POSIX, and encodings such as ISO-8859-1.

    `encoding` is that of standard output, used if the environment names no locale or no encoding.
    """
    name = next((environment[key] for key in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(key)), "")
    if "PYTHONIOENCODING" not in environment and environment.get("PYTHONUTF8", "0") == "0":
        if name in ("C", "POSIX"):
            return True
        encoding = name.partition(".")[2].partition("@")[0] or encoding
    try:
        "".join(chr(sign) for sign in _ASCII_SIGNS).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return True
    return False


def first_environment() -> dict[str, str]:
    """Return the environment at the start of this process: Python replaces the locale C (PEP 538)."""
    try:
        lines = Path("/proc/self/environ").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return {}
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def in_ascii(error: UnicodeError) -> tuple[str | bytes, int]:
    """Handle an encoding error: signs by their replacements, bytes unchanged, the rest as escapes of JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    sign = error.object[error.start]
    if "\udc80" <= sign <= "\udcff":
        return bytes([ord(sign) - 0xDC00]), error.start + 1
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return _ASCII_SIGNS.get(ord(sign), escaped), error.start + 1


codecs.register_error("vrrptui.in-ascii", in_ascii)
