"""Foreign text made plain: whatever came from a packet, a script or a name, safe to show on a screen or in a log."""

from __future__ import annotations

import codecs

codecs.lookup("unicode_escape")  # loaded now: later there may be no descriptor free for it


def plain(text: str) -> str:
    r"""`text` on one line: what could move a cursor, hide or turn the writing is shown as an escape, such as `\x1b`.

    These are the characters that Unicode calls not printable: C0 and C1 controls, line separators, bidirectional and
    zero-width marks, lone surrogates. Doing it twice changes nothing more.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
