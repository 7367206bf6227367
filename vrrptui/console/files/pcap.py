"""Writing adverts to a pcap file. No Textual here.

Frames are written as received from the engine, without passwords of version 2. A VLAN tag that the kernel removed is
inserted again.
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
    """A file cannot be written. The text is one line with name and reason."""


class ExistsError(WriteError):
    """The file exists, and overwriting was not requested."""


def write(path: Path, adverts: Sequence[Numbered], *, overwrite: bool = False) -> int:
    """Write the adverts, oldest first. Return the number of bytes. `~` is the user's home.

    Raises WriteError, and leaves no partial file.
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
    except (RuntimeError, ValueError) as error:  # unknown user, or invalid file name
        raise WriteError(f"{path}: {error}") from error


def _create(path: Path, adverts: Iterable[Numbered], link_type: int) -> int:
    stream = path.open("xb")  # never overwrites
    try:
        with stream:
            return _put(stream, adverts, link_type)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _replace(path: Path, adverts: Iterable[Numbered], link_type: int) -> int:
    """Replace a file only once the new one is complete."""
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
    stream.write(file_header(link_type, MICROSECONDS))  # largest time in the format
    for one in adverts:
        missing = one.line.vlan if outer_vlan(one.frame) != one.line.vlan else None
        frame = tagged(one.frame, missing, link_type)
        stream.write(record(round(one.time * 1e6), MICROSECONDS, frame))
    stream.flush()
    return stream.tell()
