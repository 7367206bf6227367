"""One advert taken apart for a person: its fields in sentences, and the frame's bytes. No Textual here."""

from __future__ import annotations

from vrrptui.console.prose import Line, Span, clock_millis, fit, rule, wrap
from vrrptui.console.view import Numbered
from vrrptui.control.messages import AdvertLine

BYTES_A_LINE = 16


def virtual_mac(line: AdvertLine) -> str | None:
    """The source MAC a master should use (RFC 9568 §7.3), None when the VRID could not be read."""
    if line.vrid is None:
        return None
    family = 2 if line.source is not None and ":" in line.source else 1
    return f"00:00:5e:00:{family:02x}:{line.vrid:02x}"


def pane(advert: Numbered, width: int, *, hexdump: bool) -> list[Line]:
    """The fields, and the bytes beside them when there is room, instead of them when asked for in a narrow pane."""
    line, frame = advert.heard.line, advert.heard.frame
    title = f"packet {advert.number} · {clock_millis(line.time, 6)} · {len(frame)} bytes"
    wide = width >= 120
    if not wide:
        return [rule(title, width), *([*dump(frame)] if hexdump else fields(advert, width))]
    half = width - 72
    left, right = fields(advert, half), dump(frame)
    lines: list[Line] = [rule(title, width)]
    for place in range(max(len(left), len(right))):
        one = left[place] if place < len(left) else ()
        two = right[place] if place < len(right) else ()
        used = sum(len(text) for text, _ in one)
        lines.append((*one, (" " * max(1, half - used), "text"), *two))
    return lines


def fields(advert: Numbered, width: int) -> list[Line]:
    """Ethernet, IP, VRRP, and what is to be said of them."""
    line = advert.heard.line
    interval = "?" if line.interval is None else f"{line.interval:g} s"
    lines = _field("Ethernet", f"{_or(line.source_mac)} on {_interface(line)}", width)
    lines += _field("IP", f"{_or(line.source)} → {_or(line.destination)} · ttl {_or(line.ttl)}", width)
    said = f"v{_or(line.version)} type {_or(line.type)} · vrid {_or(line.vrid)} · length {_or(line.length)}"
    lines += _field("VRRP", said, width)
    said = f"priority {_or(line.priority)}{_priority_note(line)} · interval {interval}"
    lines += _field("", f"{said} · auth {_or(line.auth)} · checksum {_or(line.checksum)}", width)
    lines += _field("Addresses", ", ".join(line.addresses) or "none", width)
    lines += [_finding(f"{problem.replace('-', ' ')}", "✖", "critical") for problem in line.problems]
    wanted = virtual_mac(line)
    if wanted and line.source_mac and line.source_mac.lower() != wanted:
        lines.append(_finding(f"source MAC is the interface's own, not the virtual router's {wanted}", "○", "muted"))
    elif wanted and line.source_mac:
        lines.append(_finding("source MAC is the virtual router's", "●", "ok"))
    if advert.heard.verdict:
        lines += _field("Our router", advert.heard.verdict, width)
    return lines


def dump(frame: bytes) -> list[Line]:
    """Offset, bytes and characters, 16 a line."""
    lines: list[Line] = []
    for start in range(0, len(frame), BYTES_A_LINE):
        part = frame[start : start + BYTES_A_LINE]
        pairs = part[:8].hex(" ").ljust(24) + part[8:].hex(" ").ljust(24)
        characters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(((f" {start:04x}  ", "muted"), (pairs, "text"), (characters, "muted")))
    return lines or [((" the engine kept no bytes of it", "muted"),)]


def info(line: AdvertLine) -> Span:
    """The last cell of the list: what is wrong, else the addresses."""
    if line.problems:
        return ("✖ " + ", ".join(line.problems), "critical")
    if line.priority == 0:
        return ("▲ resigns: " + " ".join(line.addresses), "warning")
    return (" ".join(line.addresses), "text")


def _field(label: str, text: str, width: int) -> list[Line]:
    return wrap([(text, "text")], width - 1, indent=12, first=((fit(f" {label}", 12), "muted"),))


def _finding(text: str, sign: str, tone: str) -> Line:
    return ((f" {sign} ", tone), (text, "text"))


def _priority_note(line: AdvertLine) -> str:
    return {0: " (resigns)", 255: " (address owner)"}.get(-1 if line.priority is None else line.priority, "")


def _interface(line: AdvertLine) -> str:
    name = line.interface or "-"
    return name if line.vlan is None else f"{name} vlan {line.vlan}"


def _or(value: object) -> str:
    return "?" if value is None else str(value)
