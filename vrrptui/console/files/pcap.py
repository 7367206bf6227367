"""Adverts written as a pcap file that tcpdump and tshark read. No Textual here.

The frames are written as the engine tells them, which is without the passwords of version 2. A VLAN tag that the
kernel took off is put back.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from vrrptui.client.advert_log import Numbered
from vrrptui.protocol.link.link_types import ETHERNET
from vrrptui.protocol.link.pcap_record import MICROSECONDS, file_header, outer_vlan, record, tagged


class WriteError(Exception):
    """A file cannot be written; one line that says which and why."""


class ExistsError(WriteError):
    """There is such a file already, and nobody said that it may go."""


def write(path: Path, adverts: Sequence[Numbered], *, overwrite: bool = False) -> int:
    """Write the adverts, oldest first; the bytes written. `~` is the user's directory.

    Raises WriteError, and leaves no half of a file then.
    """
    link_types = sorted({one.said.link_type for one in adverts})
    if len(link_types) > 1:
        raise WriteError(f"{path}: a pcap file holds one link type, and here are {link_types}: filter an interface")
    try:
        path = path.expanduser()
        if not path.parent.is_dir():
            raise WriteError(f"{path.parent}: directory does not exist")
        return (_replace if overwrite else _create)(path, adverts, link_types[0] if link_types else ETHERNET)
    except FileExistsError:
        raise ExistsError(f"{path}: file exists") from None
    except OSError as error:
        raise WriteError(f"{path}: {error.strerror or type(error).__name__}") from error
    except (RuntimeError, ValueError) as error:  # no such user's home; a name that no file can have
        raise WriteError(f"{path}: {error}") from error


def _create(path: Path, adverts: Iterable[Numbered], link_type: int) -> int:
    stream = path.open("xb")  # never one that is there
    try:
        with stream:
            return _put(stream, adverts, link_type)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _replace(path: Path, adverts: Iterable[Numbered], link_type: int) -> int:
    """The old file stays until the new one is whole."""
    if path.exists() and not path.is_file():
        raise WriteError(f"{path}: is not a file")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            size = _put(stream, adverts, link_type)
        Path(name).replace(path)
        return size
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _put(stream: BinaryIO, adverts: Iterable[Numbered], link_type: int) -> int:
    stream.write(file_header(link_type, MICROSECONDS))  # as far as a time here goes
    for one in adverts:
        missing = one.line.vlan if outer_vlan(one.frame) != one.line.vlan else None
        frame = tagged(one.frame, missing, link_type)
        stream.write(record(round(one.time * 1e6), MICROSECONDS, frame))
    stream.flush()
    return stream.tell()
