"""Formatting adverts for `watch`, similar to tcpdump, and frames as hexdump.

Knows nothing of files and terminals; callers decide about colour.
"""

from __future__ import annotations

from datetime import datetime

from vrrptui.control.messages import AdvertLine
from vrrptui.control.plain import plain

RED, YELLOW, RESET = "\x1b[31m", "\x1b[33m", "\x1b[0m"
MASK = "********"
ROW_BYTES = 16


def format_text(line: AdvertLine, verbose: bool = False, password: bytes = b"", colour: bool = False) -> str:
    """Return one line; with `verbose` a second one with the other fields and the `password`."""
    return (
        Clock("absolute", verbose).text(round(line.time * 1e9)) + " " + format_fields(line, verbose, password, colour)
    )


class Clock:
    """The time before each line.

    absolute: local time of day, with the date if `dated`; delta: seconds since the previous line; relative: seconds
    since the first line; epoch: seconds since 1970. All with microseconds.
    """

    MODES = ("absolute", "delta", "relative", "epoch")

    def __init__(self, mode: str = "absolute", dated: bool = False) -> None:
        self._mode, self._dated = mode, dated
        self._since = mode in ("delta", "relative")
        self._reference_ns: int | None = None
        self._second, self._prefix = -1, ""

    def text(self, time_ns: int) -> str:
        """Return the time for the next line, `time_ns` since 1970."""
        if self._since:
            since_ns = time_ns - (time_ns if self._reference_ns is None else self._reference_ns)
            if self._mode == "delta" or self._reference_ns is None:
                self._reference_ns = time_ns
            return f"{since_ns / 1e9:12.6f}"
        second, microsecond = divmod((time_ns + 500) // 1000, 1_000_000)
        if second != self._second:  # equal for many lines
            self._second, self._prefix = second, self._of_second(second)
        return f"{self._prefix}{microsecond:06d}"

    def _of_second(self, second: int) -> str:
        if self._mode == "epoch":
            return f"{second}."
        try:
            text = datetime.fromtimestamp(second).isoformat(" ")
        except (ValueError, OverflowError, OSError):  # a capture may have any number
            return f"{second}."
        return f"{text if self._dated else text[len('2025-11-22 ') :]}."


def format_fields(line: AdvertLine, verbose: bool = False, password: bytes = b"", colour: bool = False) -> str:
    """Return the part of `format_text` after the time."""
    head = f"{_place(line)}{line.source} > {line.destination}: "
    text = head + ", ".join([*_fields(line), *_auth(line, verbose, password)])
    if said := [*line.problems, *line.oddities]:
        text += f" [{' '.join(said)}]"
    if verbose:
        text += f"\n    {', '.join(_rest(line))}"
    if colour and (line.problems or line.priority == 0):
        return f"{RED if line.problems else YELLOW}{text}{RESET}"
    return text


COMPARED = ("version", "priority", "interval", "auth", "addresses", "checksum", "ttl", "source_mac", "problems")


def changes(before: AdvertLine, line: AdvertLine) -> list[str]:
    """Return the differences from the sender's previous advert, one phrase per field."""
    differ = [name for name in COMPARED if getattr(before, name) != getattr(line, name)]
    return [f"{name} {_value(getattr(before, name))} -> {_value(getattr(line, name))}" for name in differ]


def _value(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value) or "none"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def hexdump(data: bytes) -> str:
    """Return `data` in rows of 16 bytes with offset, hexadecimal and ASCII."""
    rows = []
    for start in range(0, len(data), ROW_BYTES):
        row = range(start, min(start + ROW_BYTES, len(data)))
        digits = [f"{data[at]:02x}" for at in row]
        pairs = " ".join("".join(digits[at : at + 2]) for at in range(0, len(digits), 2))
        signs = "".join(chr(data[at]) if 32 <= data[at] < 127 else "." for at in row)
        rows.append(f"    0x{start:04x}:  {pairs:<39}  {signs}")
    return "\n".join(rows)


def _place(line: AdvertLine) -> str:
    name = plain(line.interface or "")
    vlan = "" if line.vlan is None else f"vlan {line.vlan}"
    return "".join(f"{part} " for part in (name, vlan) if part)


def _fields(line: AdvertLine) -> list[str]:
    kind = "CARP" if "carp" in line.problems else "VRRP" if line.version is None else f"VRRPv{line.version}"
    fields = [kind]
    if line.vrid is not None:
        fields.append(f"vrid {line.vrid}")
    if line.priority is not None:
        fields.append(f"prio {line.priority}")
    if line.interval is not None:
        fields.append(f"intvl {line.interval:g}s")
    if line.addresses:
        fields.append(f"addrs {','.join(line.addresses)}")
    return fields


def _auth(line: AdvertLine, verbose: bool, password: bytes) -> list[str]:
    if line.auth in (None, "none"):
        return []
    if line.auth != "simple":
        return [f"auth {line.auth}"]
    shown = plain(password.rstrip(b"\0").decode("utf-8", "backslashreplace")) if verbose else MASK
    return [f'auth simple "{shown}"']


def _rest(line: AdvertLine) -> list[str]:
    facts = {"ttl": line.ttl, "type": line.type, "length": line.length, "checksum": line.checksum}
    facts["mac"] = line.source_mac
    return [f"{name} {value}" for name, value in facts.items() if value is not None]
