"""`vrrptui watch`: adverts, one per line, from a capture file or live.

Reads, filters, prints and records frames; `advert_text` formats lines. Data goes to `out`, everything else to stderr.
Passwords of version 2 are printed and recorded only with `verbose`.
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
    """The options of `watch` for all sources."""

    as_json: bool = False
    verbose: bool = False
    hexdump: bool = False
    count: int | None = None  # stop after so many adverts
    changes: bool = False  # only adverts that differ from their sender's last one
    times: str = "absolute"  # one of Clock.MODES
    write: str | None = None  # pcap file to write the shown frames to
    filter: tuple[str, ...] = ()


def run_file(path: str, options: WatchOptions, out: TextIO) -> int:
    """Print the adverts of a capture file. Return the exit status."""
    plainly = options.write is None and not options.hexdump and options.count is None
    return _run(path if plainly else ([captured] for captured in read_capture(path)), path, options, out)


def run_live(bites: Iterable[list[CapturedFrame]], options: WatchOptions, out: TextIO) -> int:
    """Print adverts as they arrive, until the source ends or a key interrupts. Return the exit status."""
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
        raise  # the reader is gone: the command line ends quietly
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
        if shown == count:  # the next frame would not be shown
            return


def _show_repeats(path: str, lines: _Lines, out: TextIO) -> None:
    """Print a whole capture file without options that need its bytes: fast, with many lines at once."""
    batch: list[str] = []
    try:
        for time_ns, reading in read_quickly(path):
            text = lines.of_reading(time_ns, reading)
            if text is not None:
                batch.append(text)
                if len(batch) >= LINES_AT_ONCE:
                    put_lines_of_fields(out, batch)
                    batch.clear()
    finally:  # the part before the damage
        put_lines_of_fields(out, batch)


class _Lines:
    """The line for each frame. All but the time is cached, because a master repeats its advert."""

    MAX_KEPT = 8192  # senders with a remembered advert

    def __init__(self, options: WatchOptions, colour: bool) -> None:
        self._options, self._colour = options, colour
        self._accept = parse_filter(options.filter)
        if options.changes:
            wanted, self._accept = self._accept, lambda line, changed: changed and wanted(line, changed)
        self._compares = options.verbose or options.changes or CHANGE in " ".join(options.filter).split()
        self._clock = Clock("epoch" if options.as_json else options.times, options.verbose)
        self._before_time, self._after_time = ('{"time":', ",") if options.as_json else ("", " ")
        self._readings = DecodedFrames()
        self._said: dict[tuple[object, ...], AdvertLine] = {}  # the last advert of each sender

    def of(self, captured: CapturedFrame) -> str | None:
        """Return the text for a frame; None without VRRP or if the filter rejects it."""
        reading = self._readings.of(captured.data, captured.link_type, captured.vlan, captured.interface)
        text = self.of_reading(captured.time_ns, reading)
        if text and reading.vrrp and self._options.hexdump and not self._options.as_json:
            told = self.told(captured)
            text += f"{hexdump(told.data)}\n" + (LEFT_OUT if told is not captured else "")
        return text

    def told(self, captured: CapturedFrame) -> CapturedFrame:
        """Return the frame to show and write: without the password unless `verbose`."""
        if self._options.verbose:
            return captured
        reading = self._readings.of(captured.data, captured.link_type, captured.vlan, captured.interface)
        data = without_password(captured.data, reading)
        return captured if data == captured.data else captured._replace(data=data)

    def of_reading(self, time_ns: int, reading: DecodedFrame) -> str | None:
        """Return the same for a decoded frame, without its bytes."""
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
        """Return the text for an advert, empty if rejected, and how it differs from its sender's last one."""
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
        """Return the rest of the line after the time."""
        if self._options.as_json:
            text = json_text(line).partition(",")[2]
        else:
            text = format_fields(line, self._options.verbose, advert.auth_data, self._colour)
        return f"{self._after_time}{text}\n"


@contextlib.contextmanager
def _recording(path: str | None) -> Iterator[Callable[[CapturedFrame], None]]:
    """Return a function that writes frames to `path`, or does nothing. The first frame decides the link type."""
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
            CaptureWriter(stream)  # a capture file without frames is valid
