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

from vrrptui.cli.advert_text import format_fields, format_time, hexdump
from vrrptui.cli.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.filter import FilterError, Predicate, parse_filter
from vrrptui.engine.capture_file import CapturedFrame, CaptureError, CaptureWriter, read_capture
from vrrptui.engine.link_layer import AdvertReader
from vrrptui.engine.publish import advert_line
from vrrptui.protocol.advert import NS_PER_SECOND, Advert, Auth
from vrrptui.protocol.codec import AUTH_DATA_BYTES
from vrrptui.protocol.frame import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """The options of `watch`, whatever the source."""

    as_json: bool = False
    verbose: bool = False
    hexdump: bool = False
    count: int | None = None  # end after so many adverts
    write: str | None = None  # a pcap file for what was shown
    filter: tuple[str, ...] = ()


def run_file(path: str, options: WatchOptions, out: TextIO) -> int:
    """Show the adverts of a capture file. Returns the exit status."""
    return _run(read_capture(path), path, options, out, live=False)


def run_live(frames: Iterable[CapturedFrame], options: WatchOptions, out: TextIO) -> int:
    """Show adverts as they come, each at once, until the frames end or a key interrupts. Returns the exit status."""
    return _run(frames, "capture", options, out, live=True)


def _run(frames: Iterable[CapturedFrame], name: str, options: WatchOptions, out: TextIO, live: bool) -> int:
    try:
        accept = parse_filter(options.filter)
    except FilterError as error:
        return complain("filter", str(error), EXIT_USAGE)
    colour = not options.as_json and out.isatty() and "NO_COLOR" not in os.environ
    try:
        with _recording(options.write) as record:
            _show(frames, _Lines(accept, options, colour), options.count, out, live, record)
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

    def __init__(self, accept: Predicate, options: WatchOptions, colour: bool) -> None:
        self._accept, self._options, self._colour = accept, options, colour
        self._reader = AdvertReader()
        self._kept: dict[tuple[int, str | None], tuple[tuple[Frame, Advert], str | None]] = {}

    def of(self, captured: CapturedFrame) -> str | None:
        """The text for a frame; None when it carries no VRRP or the filter does not want it."""
        read = self._reader.read(captured.data, captured.link_type, captured.vlan)
        if read is None:
            return None
        key = (id(read), captured.interface)
        if key not in self._kept:
            if len(self._kept) >= self.MAX_KEPT:
                self._kept.clear()
            # The entry holds what was read, so that its id is nobody else's.
            self._kept[key] = (read, self._after_time(captured.interface, *read))
        after_time = self._kept[key][1]
        if after_time is None:
            return None
        time_s = round(captured.time_ns / NS_PER_SECOND, 6)
        if self._options.as_json:
            return f'{{"time":{time_s!r},{after_time}'
        text = f"{format_time(time_s, self._options.verbose)} {after_time}"
        return f"{text}\n{self._hexdump(captured.data, read[1])}" if self._options.hexdump else text

    def _after_time(self, interface: str | None, frame: Frame, advert: Advert) -> str | None:
        line = advert_line(0.0, advert, interface, frame.vlan, frame.source_mac)
        if not self._accept(line):
            return None
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
