"""`vrrptui watch`: adverts, one a line, from a capture file or live.

Reads frames, filters, prints and records; what a line looks like is in `advert_text`. Data goes to `out`, everything
else to stderr.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

import msgspec

from vrrptui.cli.advert_text import format_text, hexdump
from vrrptui.cli.filter import FilterError, Predicate, parse_filter
from vrrptui.control.plain import plain
from vrrptui.engine.capture_file import CapturedFrame, CaptureError, CaptureWriter, read_capture
from vrrptui.engine.link_layer import AdvertReader
from vrrptui.engine.publish import advert_line
from vrrptui.protocol.advert import NS_PER_SECOND, Auth
from vrrptui.protocol.codec import AUTH_DATA_BYTES

EXIT_GOOD, EXIT_ERROR, EXIT_USAGE = 0, 1, 2


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
        return _complain("filter", str(error), EXIT_USAGE)
    colour = not options.as_json and out.isatty() and "NO_COLOR" not in os.environ
    try:
        with _recording(options.write) as record:
            _show(frames, accept, options, out, colour, live, record)
        out.flush()
    except CaptureError as error:
        with contextlib.suppress(BrokenPipeError):
            out.flush()
        return _complain(name, str(error), EXIT_ERROR)
    except BrokenPipeError:
        _forget(out)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        return _complain(options.write or name, error.strerror or str(error), EXIT_ERROR)
    return EXIT_GOOD


def _show(
    frames: Iterable[CapturedFrame],
    accept: Predicate,
    options: WatchOptions,
    out: TextIO,
    colour: bool,
    live: bool,
    record: Callable[[CapturedFrame], None],
) -> None:
    shown, reader = 0, AdvertReader()
    for captured in frames:
        if options.count is not None and shown >= options.count:
            break
        text = _describe(captured, reader, accept, options, colour)
        if text is None:
            continue
        out.write(text + "\n")
        if live:
            out.flush()
        record(captured)
        shown += 1
        if shown == options.count:
            break


def _describe(
    captured: CapturedFrame, reader: AdvertReader, accept: Predicate, options: WatchOptions, colour: bool
) -> str | None:
    """The text for a frame; None when it carries no VRRP or the filter does not want it."""
    read = reader.read(captured.data, captured.link_type, captured.vlan)
    if read is None:
        return None
    frame, advert = read
    time_s = round(captured.time_ns / NS_PER_SECOND, 6)
    line = advert_line(time_s, advert, captured.interface, frame.vlan, frame.source_mac)
    if not accept(line):
        return None
    if options.as_json:
        return msgspec.json.encode(line).decode()
    text = format_text(line, options.verbose, advert.auth_data, colour)
    if options.hexdump:
        secret = advert.auth is Auth.SIMPLE and advert.auth_data and not options.verbose
        at = captured.data.rfind(advert.auth_data) if secret else 0
        text += "\n" + hexdump(captured.data, range(at, at + AUTH_DATA_BYTES) if secret else range(0))
    return text


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


def _forget(out: TextIO) -> None:
    """Nobody reads `out` any more: keep the interpreter from complaining when it flushes at its end."""
    with contextlib.suppress(io.UnsupportedOperation, OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _complain(what: str, why: str, status: int) -> int:
    print(f"vrrptui: {plain(what)}: {plain(why)}", file=sys.stderr)
    return status
