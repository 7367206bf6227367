"""`vrrptui watch`: adverts, one a line, from a capture file or live.

Reads frames, filters, prints and records; what a line looks like is in `advert_text`. Data goes to `out`, everything
else to stderr. The passwords of version 2 are shown, and written to a file, only when `verbose` asks for them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

from vrrptui.cli.commands.watch_filter import CHANGE, FilterError, parse_filter
from vrrptui.cli.printing.advert_text import Clock, changes, format_fields, hexdump
from vrrptui.cli.printing.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain
from vrrptui.cli.printing.output import put_lines_of_fields
from vrrptui.control.messages import AdvertLine
from vrrptui.control.plain import json_text
from vrrptui.engine.capture.fast_pcap import read_quickly
from vrrptui.engine.capture.frame_cache import DecodedFrame, DecodedFrames
from vrrptui.engine.capture.pcap import CapturedFrame, CaptureError, CaptureWriter, read_capture
from vrrptui.engine.observer.advert_batch import line_of
from vrrptui.engine.observer.hidden_passwords import without_password
from vrrptui.protocol.advert import Advert

LINES_AT_ONCE = 512
LEFT_OUT = "    (zeros in place of the password, and a checksum to match: -v shows them as they were)\n"


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
    plainly = options.write is None and not options.hexdump and options.count is None
    return _run(path if plainly else ([captured] for captured in read_capture(path)), path, options, out)


def run_live(bites: Iterable[list[CapturedFrame]], options: WatchOptions, out: TextIO) -> int:
    """Show adverts as they come, what waits together at once, until they end or a key interrupts.

    Returns the exit status.
    """
    return _run(bites, "capture", options, out)


def _run(source: str | Iterable[list[CapturedFrame]], name: str, options: WatchOptions, out: TextIO) -> int:
    colour = not options.as_json and out.isatty() and "NO_COLOR" not in os.environ
    try:
        lines = _Lines(options, colour)
    except FilterError as error:
        return complain("filter", str(error), EXIT_USAGE)
    try:
        if isinstance(source, str):
            _show_repeats(source, lines, out)
        else:
            with _recording(options.write) as record:
                _show(source, lines, options.count, out, record)
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
    bites: Iterable[list[CapturedFrame]],
    lines: _Lines,
    count: int | None,
    out: TextIO,
    record: Callable[[CapturedFrame], None],
) -> None:
    shown = 0
    for bite in bites:
        for captured in bite:
            if shown == count:
                return
            text = lines.of(captured)
            if text is not None:
                put_lines_of_fields(out, [text])
                record(lines.told(captured))
                shown += 1
        out.flush()
        if shown == count:  # do not wait for a frame that will not be shown
            return


def _show_repeats(path: str, lines: _Lines, out: TextIO) -> None:
    """Show a whole capture file of which only the lines are wanted: quickly, and many lines at once."""
    batch: list[str] = []
    try:
        for time_ns, reading in read_quickly(path):
            text = lines.of_reading(time_ns, reading)
            if text is not None:
                batch.append(text)
                if len(batch) >= LINES_AT_ONCE:
                    put_lines_of_fields(out, batch)
                    batch.clear()
    finally:  # what was whole before the damage
        put_lines_of_fields(out, batch)


class _Lines:
    """What is printed for each frame. All but the time is kept, because a master says the same every interval."""

    MAX_KEPT = 8192  # speakers, to compare with

    def __init__(self, options: WatchOptions, colour: bool) -> None:
        self._options, self._colour = options, colour
        self._accept = parse_filter(options.filter)
        if options.changes:
            wanted, self._accept = self._accept, lambda line, changed: changed and wanted(line, changed)
        self._compares = options.verbose or options.changes or CHANGE in " ".join(options.filter).split()
        self._clock = Clock("epoch" if options.as_json else options.times, options.verbose)
        self._before_time, self._after_time = ('{"time":', ",") if options.as_json else ("", " ")
        self._readings = DecodedFrames()
        self._said: dict[tuple[object, ...], AdvertLine] = {}  # the last advert of each speaker

    def of(self, captured: CapturedFrame) -> str | None:
        """The text for a frame; None when it carries no VRRP or the filter does not want it."""
        reading = self._readings.of(captured.data, captured.link_type, captured.vlan, captured.interface)
        text = self.of_reading(captured.time_ns, reading)
        if text and reading.vrrp and self._options.hexdump and not self._options.as_json:
            told = self.told(captured)
            text += f"{hexdump(told.data)}\n" + (LEFT_OUT if told is not captured else "")
        return text

    def told(self, captured: CapturedFrame) -> CapturedFrame:
        """The frame as it is shown and written: as it is with `verbose`, else without a password."""
        if self._options.verbose:
            return captured
        reading = self._readings.of(captured.data, captured.link_type, captured.vlan, captured.interface)
        data = without_password(captured.data, reading)
        return captured if data == captured.data else captured._replace(data=data)

    def of_reading(self, time_ns: int, reading: DecodedFrame) -> str | None:
        """The same for a frame that was read, without its bytes."""
        differences: list[str] = []
        after_time = reading.text
        if after_time is None or self._compares:
            if reading.vrrp is None:
                return None
            line = line_of(reading)
            if self._compares:
                after_time, differences = self._compared(line, reading.vrrp[1])
            else:
                after_time = self._formatted(line, reading.vrrp[1]) if self._accept(line, False) else ""
            reading.text = after_time
        if not after_time:
            return None
        text = self._before_time + self._clock.text(time_ns) + after_time
        return f"{text}    changed: {', '.join(differences)}\n" if differences else text

    def _compared(self, line: AdvertLine, advert: Advert) -> tuple[str, list[str]]:
        """The text for an advert, empty if it is not wanted, and how it differs from the last one of its speaker."""
        speaker = (line.interface, line.vlan, line.source, line.vrid)
        before = self._said.get(speaker)
        differences = changes(before, line) if before and before is not line else []
        if before is None and len(self._said) >= self.MAX_KEPT:
            self._said.clear()
        self._said[speaker] = line
        changed = before is None or bool(differences)
        if not self._accept(line, changed):
            return "", []
        shows = not self._options.as_json and (self._options.verbose or self._options.changes)
        return self._formatted(line, advert), differences if shows else []

    def _formatted(self, line: AdvertLine, advert: Advert) -> str:
        """What follows the time, to the end of the line."""
        if self._options.as_json:
            text = json_text(line).partition(",")[2]
        else:
            text = format_fields(line, self._options.verbose, advert.auth_data, self._colour)
        return f"{self._after_time}{text}\n"


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
