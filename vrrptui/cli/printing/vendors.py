"""Vendors of MAC addresses, from the table in scapy, which is read at the first look-up.

As a program, `python -m vrrptui.cli.printing.vendors MAC...` prints a JSON object: the known vendors by MAC address.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from vrrptui import children
from vrrptui.cli.printing.output import put_json

LOOK_UP_S = 20.0  # on a slow machine; usually a third of a second
LOCALLY_ADMINISTERED = 0x02  # bit of the first byte: locally administered


@cache
def vendor(mac: str) -> str | None:
    """Return the vendor of a MAC address such as 00:00:0c:01:02:03; None if it is unknown."""
    if int(mac[:2], 16) & LOCALLY_ADMINISTERED:
        return None
    digits = mac.upper()
    for prefix in (f"{digits[:13]}0/36", f"{digits[:10]}0/28", digits[:8]):  # longest prefix first
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


async def looked_up_beside(macs: Iterable[str]) -> Mapping[str, str]:
    """Return the known vendors of these, looked up by a child process: the table would keep 31 MB.

    The process ends with its caller, and after `LOOK_UP_S`.
    """
    import asyncio  # a console has imported it already

    command, nothing = children.module_command("vrrptui.cli.printing.vendors", *macs), asyncio.subprocess.DEVNULL
    with contextlib.suppress(OSError, TimeoutError, msgspec.DecodeError):
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=nothing,
            stdout=asyncio.subprocess.PIPE,
            stderr=nothing,
            start_new_session=True,
            env=children.environment(),
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(), LOOK_UP_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()  # nothing may outlive the loop
        return msgspec.json.decode(said, type=dict[str, str])
    return {}


if __name__ == "__main__":
    put_json(sys.stdout, {mac: name for mac in sys.argv[1:] if (name := vendor(mac))})
