"""Stand-ins in ASCII for the signs on our screens, for terminals whose font lacks them. No Textual here."""

from __future__ import annotations

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
    """`text` in ASCII: our own signs by their stand-ins, anything else as `?`."""
    if text.isascii():
        return text
    return text.translate(_ASCII_SIGNS).encode("ascii", "replace").decode()
