"""Foreign text as plain text: what packets, scripts and files say never acts on the terminal.

Everything painted goes through `plain`; `ascii_signs` is for terminals whose font lacks our signs. No Textual here.
"""

from __future__ import annotations

MAX_CHARACTERS = 4096

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
    }
    | dict(zip("▁▂▃▄▅▆▇", "_.:-=+*", strict=True))
)


def plain(text: str) -> str:
    """`text` with every character that is not printable written as an escape, cut at 4096 characters.

    Controls, escape sequences, invisible and direction-changing characters all count as not printable.
    """
    text = text[:MAX_CHARACTERS]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def ascii_signs(text: str) -> str:
    """`text` in ASCII: our own signs by their stand-ins, anything else as `?`."""
    if text.isascii():
        return text
    return text.translate(_ASCII_SIGNS).encode("ascii", "replace").decode()
