"""The configuration as the engine runs it: values with defaults filled in, each with the place it came from.

Frozen, comparable, and free of syntax: a reload compares two of these. Times are nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Interface, IPv6Interface
from typing import Literal

from vrrptui.protocol.advert import NS_PER_SECOND, PRIORITY_DEFAULT, PRIORITY_OWNER, Address, Checksum, Family


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in which file something stands; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Level(Enum):
    """How bad a finding is: an error keeps the configuration from being used."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a configuration: what, where, and what to write instead."""

    level: Level
    place: Place
    code: str  # a stable word, e.g. unknown-keyword, not-supported-yet, bad-value
    text: str  # what is wrong and why, one line
    hint: str = ""  # what to do, one line

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" + (f"; {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True)
class VirtualAddress:
    """An address that the master holds."""

    interface: IPv4Interface | IPv6Interface
    device: str | None = None  # None: the virtual router's interface
    label: str | None = None
    broadcast: Address | None = None
    scope: str | None = None

    @property
    def address(self) -> Address:
        return self.interface.ip

    def __str__(self) -> str:
        return self.interface.with_prefixlen


@dataclass(frozen=True, slots=True)
class Announcements:
    """When gratuitous ARPs and unsolicited neighbour advertisements are sent (keepalived's garp_* keywords)."""

    repeat: int = 5  # at once on becoming master, per address
    delay_ns: int = 5 * NS_PER_SECOND  # the second burst comes this long after; 0: none
    refresh_ns: int = 0  # period of refreshing bursts while master; 0: none
    refresh_repeat: int = 1


@dataclass(frozen=True, slots=True)
class TrackedScript:
    """A script as one virtual router tracks it; its own weight wins over the script's."""

    name: str
    weight: int | None = None  # -253 to 253; 0: its failure is a fault
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TrackedInterface:
    """An interface whose loss is a fault (weight 0) or moves the priority."""

    name: str
    weight: int = 0  # -253 to 253
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Notify:
    """Commands to run on a change of state, as argument vectors; empty: none."""

    master: tuple[str, ...] = ()
    backup: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    any: tuple[str, ...] = ()  # run with INSTANCE name STATE priority appended


@dataclass(frozen=True, slots=True)
class VirtualMac:
    """use_vmac: the addresses are held at the virtual MAC, on a device of their own."""

    name: str  # of the device, at most 15 bytes
    transmit_from_base: bool = False  # vmac_xmit_base: adverts come from the interface's own MAC address


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncGroupConfig:
    """One vrrp_sync_group: its members are master together or not at all."""

    name: str
    members: tuple[str, ...]  # names of virtual routers
    notify: Notify = Notify()
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualRouterConfig:
    """One vrrp_instance."""

    name: str
    interface: str
    vrid: int  # 1-255
    family: Family
    version: Literal[2, 3]
    addresses: tuple[VirtualAddress, ...]  # advertised, in the order of the file
    excluded: tuple[VirtualAddress, ...] = ()  # held by the master but not advertised; either family
    initial_state: Literal["MASTER", "BACKUP"] = "BACKUP"
    priority: int = PRIORITY_DEFAULT  # 1-255; 255: the address owner
    interval_ns: int = NS_PER_SECOND  # v2: whole seconds; v3: 10 ms to 40.95 s
    preempt: bool = True
    preempt_delay_ns: int = 0
    auth_type: Literal[0, 1, 2] = 0  # v2: none, PASS, AH
    auth_password: bytes = field(default=b"", repr=False)  # at most 8 bytes
    unicast_source: Address | None = None
    unicast_peers: tuple[Address, ...] = ()  # empty: multicast
    multicast_source: Address | None = None  # None: the interface's primary address
    accept: bool = True
    lower_priority_advert: bool = True  # answer a lower-priority advert with one of ours at once
    checksum: Checksum = Checksum.PSEUDO_HEADER  # v3 over IPv4
    announcements: Announcements = Announcements()
    scripts: tuple[TrackedScript, ...] = ()
    interfaces: tuple[TrackedInterface, ...] = ()
    notify: Notify = Notify()
    virtual_mac: VirtualMac | None = None
    place: Place = field(compare=False)

    @property
    def owner(self) -> bool:
        """Whether this router owns the addresses (RFC 9568 §5.2.4)."""
        return self.priority == PRIORITY_OWNER

    @property
    def accepts(self) -> bool:
        """Whether the master accepts packets to the virtual addresses; an owner always does (RFC 9568 §6.1)."""
        return self.owner or self.accept


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptConfig:
    """One vrrp_script."""

    name: str
    command: tuple[str, ...]  # the argument vector
    interval_ns: int = NS_PER_SECOND
    timeout_ns: int = NS_PER_SECOND  # defaults to the interval
    rise: int = 1
    fall: int = 1
    weight: int = 0  # -253 to 253; 0: its failure is a fault
    init_fail: bool = False
    user: str | None = None  # None: script_user, or the engine's
    group: str | None = None
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalConfig:
    """What global_defs says, as far as VRRP is concerned."""

    router_id: str | None = None
    version: Literal[2, 3] = 2
    script_user: str | None = None
    script_group: str | None = None
    script_security: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A whole configuration that can be run."""

    file: str
    globals: GlobalConfig = GlobalConfig()
    routers: tuple[VirtualRouterConfig, ...] = ()
    scripts: tuple[ScriptConfig, ...] = ()
    sync_groups: tuple[SyncGroupConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a file: a configuration unless there was an error, and all findings in file order."""

    configuration: Configuration | None
    findings: tuple[Finding, ...]
