"""Who made a network card, by its MAC address: from the table that scapy brings, read when it is first asked for."""

from __future__ import annotations

from functools import cache

LOCALLY_ADMINISTERED = 0x02  # of the first byte: nobody's prefix, but made up on the host


@cache
def vendor(mac: str) -> str | None:
    """The vendor's name for a MAC address such as 00:00:0c:01:02:03; None when it has none or it is not known."""
    if int(mac[:2], 16) & LOCALLY_ADMINISTERED:
        return None
    digits = mac.upper()
    for prefix in (f"{digits[:13]}0/36", f"{digits[:10]}0/28", digits[:8]):  # the longest that is known
        start = _table().find(f"\n{prefix} ")
        if start < 0:
            start = _table().find(f"\n{prefix}\t")
        if start >= 0:
            line = _table()[start + 1 : _table().index("\n", start + 1)]
            return line.split("\t")[-1].strip()
    return None


@cache
def _table() -> str:
    from scapy.libs.manuf import DATA

    return "\n" + str(DATA)
