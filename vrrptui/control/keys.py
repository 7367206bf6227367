"""How a group or a virtual router is named from outside: `IF/VRID`, `IF/VRID/ipv6`, with `IF.VLAN` for a tagged one."""

from __future__ import annotations


def group_key(interface: str | None, vlan: int | None, family: str, vrid: int) -> str:
    """The stable key of a group: it never changes while the group exists, whatever row it is shown in.

    `interface` is None in a capture file that names none; `family` is "ipv4" or "ipv6"; `vrid` 1 to 255.
    """
    name = interface or "-"
    if vlan is not None:
        name = f"{name}.{vlan}"
    return f"{name}/{vrid}" if family == "ipv4" else f"{name}/{vrid}/{family}"
