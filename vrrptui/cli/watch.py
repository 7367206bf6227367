"""`vrrptui watch`: adverts, one a line, from a capture file or live.

Reads frames, filters, prints and records; what a line looks like is in `advert_text`. Data goes to `out`, everything
else to stderr.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

import msgspec

from vrrptui.cli.advert_text import Clock, changes, format_fields, hexdump
from vrrptui.cli.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.filter import CHANGE, FilterError, parse_filter
from vrrptui.control.messages import AdvertLine
from vrrptui.engine.capture_file import CapturedFrame, CaptureError, CaptureWriter, read_capture
from vrrptui.engine.link_layer import AdvertReader
from vrrptui.engine.publish import advert_line
from vrrptui.protocol.advert import Advert, Auth
from vrrptui.protocol.codec import AUTH_DATA_BYTES
from vrrptui.protocol.frame import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """The options of `watch`, whatever the source."""

    as_json: bool = False
    verbose: bool = False
    hexdump: bool = False
    count: int | None = None  # end after so many adverts
    changes: bool = False  # only adverts that differ from their speaker's last one
    times: str = "absolute"  # one of Clock.MODES
    write: str | None = None  # a pcap file for what was shown
    filter: tuple[str, ...] = ()


def run_file(path: str, options: WatchOptions, out: TextIO) -> int:
    """Show the adverts of a capture file. Returns the exit status."""
    return _run(read_capture(path), path, options, out, live=False)


def run_live(frames: Iterable[CapturedFrame], options: WatchOptions, out: TextIO) -> int:
    """Show adverts as they come, each at once, until the frames end or a key interrupts. Returns the exit status."""
    return _run(frames, "capture", options, out, live=True)


def _run(frames: Iterable[CapturedFrame], name: str, options: WatchOptions, out: TextIO, live: bool) -> int:
    colour = not options.as_json and out.isatty() and "NO_COLOR" not in os.environ
    try:
        lines = _Lines(options, colour)
    except FilterError as error:
        return complain("filter", str(error), EXIT_USAGE)
    try:
        with _recording(options.write) as record:
            _show(frames, lines, options.count, out, live, record)
        out.flush()
    except CaptureError as error:
        with contextlib.suppress(BrokenPipeError):
            out.flush()
        return complain(name, str(error), EXIT_FAILED)
    except BrokenPipeError:
        raise  # nobody reads any more: for the command line to end quietly
    except KeyboardInterrupt:
        pass
    except OSError as error:
        return complain(options.write or name, error.strerror or str(error), EXIT_FAILED)
    return EXIT_GOOD


def _show(
    frames: Iterable[CapturedFrame],
    lines: _Lines,
    count: int | None,
    out: TextIO,
    live: bool,
    record: Callable[[CapturedFrame], None],
) -> None:
    shown = 0
    for captured in frames:
        if shown == count:
            break
        text = lines.of(captured)
        if text is None:
            continue
        out.write(text + "\n")
        if live:
            out.flush()
        record(captured)
        shown += 1
        if shown == count:  # do not wait for a frame that will not be shown
            break


class _Lines:
    """What is printed for each frame. All but the time is kept, because a master says the same every interval."""

    MAX_KEPT = 8192

    def __init__(self, options: WatchOptions, colour: bool) -> None:
        self._options, self._colour = options, colour
        self._accept = parse_filter(options.filter)
        if options.changes:
            wanted, self._accept = self._accept, lambda line, changed: changed and wanted(line, changed)
        self._compares = options.verbose or options.changes or CHANGE in " ".join(options.filter).split()
        self._clock = Clock(options.times, options.verbose)
        self._reader = AdvertReader()
        self._said: dict[tuple[object, ...], AdvertLine] = {}  # the last advert of each speaker
        self._kept: dict[tuple[int, str | None], tuple[tuple[Frame, Advert], AdvertLine, str | None]] = {}

    def of(self, captured: CapturedFrame) -> str | None:
        """The text for a frame; None when it carries no VRRP or the filter does not want it."""
        read = self._reader.read(captured.data, captured.link_type, captured.vlan)
        if read is None:
            return None
        kept = self._kept.get((id(read), captured.interface)) or self._keep(read, captured.interface)
        after_time, differences = self._compared(kept[1], read[1]) if self._compares else (kept[2], [])
        if after_time is None:
            return None
        if self._options.as_json:
            second, microsecond = divmod((captured.time_ns + 500) // 1000, 1_000_000)
            return f'{{"time":{second}.{microsecond:06d},{after_time}'
        text = f"{self._clock.text(captured.time_ns)} {after_time}"
        if differences:
            text += f"\n    changed: {', '.join(differences)}"
        return f"{text}\n{self._hexdump(captured.data, read[1])}" if self._options.hexdump else text

    def _keep(
        self, read: tuple[Frame, Advert], interface: str | None
    ) -> tuple[tuple[Frame, Advert], AdvertLine, str | None]:
        """What a frame says, formatted once; the entry holds what was read, so that its id is nobody else's."""
        if len(self._kept) >= self.MAX_KEPT:
            self._kept.clear()
        frame, advert = read
        line = advert_line(0.0, advert, interface, frame.vlan, frame.source_mac)
        wanted = self._compares or self._accept(line, False)
        kept = (read, line, self._formatted(line, advert) if wanted else None)
        self._kept[id(read), interface] = kept
        return kept

    def _compared(self, line: AdvertLine, advert: Advert) -> tuple[str | None, list[str]]:
        """The text for an advert if it is wanted, and how it differs from the last one of its speaker."""
        speaker = (line.interface, line.vlan, line.source, line.vrid)
        before = self._said.get(speaker)
        differences = changes(before, line) if before and before is not line else []
        if before is None and len(self._said) >= self.MAX_KEPT:
            self._said.clear()
        self._said[speaker] = line
        changed = before is None or bool(differences)
        if not self._accept(line, changed):
            return None, []
        return self._formatted(line, advert), differences if self._options.verbose or self._options.changes else []

    def _formatted(self, line: AdvertLine, advert: Advert) -> str:
        if self._options.as_json:
            return msgspec.json.encode(line).decode().partition(",")[2]
        return format_fields(line, self._options.verbose, advert.auth_data, self._colour)

    def _hexdump(self, data: bytes, advert: Advert) -> str:
        if advert.auth is not Auth.SIMPLE or not advert.auth_data or self._options.verbose:
            return hexdump(data)
        at = data.rfind(advert.auth_data)
        return hexdump(data, range(at, at + AUTH_DATA_BYTES))


@contextlib.contextmanager
def _recording(path: str | None) -> Iterator[Callable[[CapturedFrame], None]]:
    """What keeps a frame in the file at `path`, or nowhere without one; the first frame decides the link type."""
    if path is None:
        yield lambda captured: None
        return
    writers: list[CaptureWriter] = []
    with open(path, "wb") as stream:

        def record(captured: CapturedFrame) -> None:
            if not writers:
                writers.append(CaptureWriter(stream, captured.link_type))
            writers[0].write(captured)

        yield record
        if not writers:
            CaptureWriter(stream)  # a file without frames is still a capture file
