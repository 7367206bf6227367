"""The configuration as the engine runs it: values with defaults filled in, each with the place it came from.

Frozen, comparable, and free of syntax: a reload compares two of these. Times are nanoseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface
from typing import Literal

from vrrptui.config.model.checks import ScriptConfig as ScriptConfig
from vrrptui.config.model.checks import Tracked as Tracked
from vrrptui.config.model.checks import TrackedInterface as TrackedInterface
from vrrptui.config.model.checks import TrackedScript as TrackedScript
from vrrptui.config.model.checks import TrackFileConfig as TrackFileConfig
from vrrptui.config.model.checks import TrackProcessConfig as TrackProcessConfig
from vrrptui.config.model.finding import Finding as Finding
from vrrptui.config.model.finding import Level as Level
from vrrptui.config.model.finding import Place as Place
from vrrptui.config.model.routes import NextHop as NextHop
from vrrptui.config.model.routes import Route as Route
from vrrptui.config.model.routes import Rule as Rule
from vrrptui.protocol.advert import (
    NS_PER_SECOND,
    PRIORITY_DEFAULT,
    PRIORITY_OWNER,
    Address,
    Checksum,
    Family,
    virtual_mac,
)

MAC_BYTES = 6


@dataclass(frozen=True, slots=True)
class VirtualAddress:
    """An address that the master holds."""

    interface: IPv4Interface | IPv6Interface
    device: str | None = None  # None: the virtual router's interface
    label: str | None = None
    broadcast: Address | None = None
    scope: str | None = None
    peer: Address | None = None  # the other end of a point-to-point link
    flags: tuple[str, ...] = ()  # of home, -nodad, mngtmpaddr, noprefixroute, autojoin, in the order of the file
    tracked: bool = True  # no_track: its loss is no fault
    preferred_lifetime_s: int | None = None  # 0 to 2**32-1, the latter for ever; None: the kernel's
    virtual_mac: bool = False  # use_vmac: on a virtual MAC interface of its own
    track_group: str | None = None  # of a static address: whose virtual routers its loss is a fault of

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
    lower_delay_ns: int = 5 * NS_PER_SECOND  # the same after an advert of lower priority; by default as above
    lower_repeat: int = 5
    extra_ns: int = 0  # period of those on the other interfaces of addresses; 0: none
    extra_all: bool = False  # on all of them, else on those with a virtual MAC alone


@dataclass(frozen=True, slots=True)
class User:
    """Who runs a command; without a group it is the user's own."""

    name: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Notify:
    """Commands to run on a change of state, as argument vectors; empty: none."""

    master: tuple[str, ...] = ()
    backup: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    any: tuple[str, ...] = ()  # run with INSTANCE (or GROUP), name, state and priority appended
    deleted: tuple[str, ...] = ()  # when a reload removes the virtual router
    master_rx_lower_pri: tuple[str, ...] = ()  # when a master hears an advert of lower priority
    says_deleted: bool = False  # a virtual router that was removed is told as DELETED, not as FAULT
    users: tuple[tuple[str, User], ...] = ()  # (field above, who runs it) where a command has its own

    def user_of(self, event: str) -> User | None:
        """Who runs the command of `event`, a field's name above; None: script_user."""
        return dict(self.users).get(event)


@dataclass(frozen=True, slots=True)
class Ipvlan:
    """An ipvlan interface instead of a virtual MAC."""

    name: str  # of the device, at most 15 bytes
    address: IPv4Interface | IPv6Interface | None = None
    mode: Literal["bridge", "private", "vepa"] = "bridge"


@dataclass(frozen=True, slots=True)
class PeerTtl:
    """Which TTLs are taken from one unicast peer."""

    peer: Address
    low: int = 0  # 0-255
    high: int = 255


@dataclass(frozen=True, slots=True)
class VirtualMac:
    """use_vmac: the addresses are held at the virtual MAC, on a device of their own."""

    name: str  # of the device, at most 15 bytes
    transmit_from_base: bool = False  # vmac_xmit_base: adverts come from the interface's own MAC address
    address: str | None = None  # instead of the MAC address of RFC 9568 §7.3; of five bytes, the VRID is the sixth


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
    checksum: Checksum | None = None  # v3 over IPv4; None: as the other speaker has it
    announcements: Announcements = Announcements()
    scripts: tuple[TrackedScript, ...] = ()
    interfaces: tuple[TrackedInterface, ...] = ()
    files: tuple[Tracked, ...] = ()
    processes: tuple[Tracked, ...] = ()
    bfd_sessions: tuple[Tracked, ...] = ()
    notify: Notify = Notify()
    notify_priority_changes: bool = False
    smtp_alert: bool = False
    multicast_destination: Address | None = None  # None: the group of the protocol
    unicast_ttl: int | None = None  # 0-255; None: 255
    peer_ttls: tuple[PeerTtl, ...] = ()
    check_unicast_source: bool = False
    fault_without_peers: bool = False  # unicast_fault_no_peer
    old_unicast_checksum: Literal["auto", "always", "never"] = "auto"
    track_source: bool = False  # the loss of the source address is a fault
    track_primary: bool = True  # the loss of the interface is a fault
    virtual_mac: VirtualMac | None = None
    address_devices: tuple[tuple[str, str], ...] = ()  # (other interface, its device at the virtual MAC)
    addresses_at_virtual_mac: bool = False  # use_vmac_addr: those on other interfaces are at the virtual MAC
    ipvlan: Ipvlan | None = None
    vrf: str | None = None
    routes: tuple[Route, ...] = ()  # held by the master
    rules: tuple[Rule, ...] = ()  # held by the master
    down_timer_adverts: int = 3  # 1-100 intervals without an advert and the master is down
    higher_priority_advert: bool = False  # a master that is outbid answers once before it yields
    owner_ignores_adverts: bool = False
    skip_check_addresses: bool = False  # not compared again in adverts of the same master
    strict: bool = False
    promote_secondaries: bool = False
    linkbeat_polling: bool = False
    lvs_sync_interface: str | None = None
    receive_buffer_bytes: int | None = None
    debug: int = 0  # 0-4, without a meaning
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)  # by keyword

    @property
    def owner(self) -> bool:
        """Whether this router owns the addresses (RFC 9568 §5.2.4)."""
        return self.priority == PRIORITY_OWNER

    @property
    def mac(self) -> bytes:
        """The MAC address of `virtual_mac`, of five bytes with the VRID behind them (RFC 9568 §7.3 unless it says)."""
        own = self.virtual_mac.address if self.virtual_mac else None
        if own is None:
            return virtual_mac(self.family, self.vrid)
        given = bytes.fromhex(own.replace(":", ""))
        return given if len(given) == MAC_BYTES else given + bytes((self.vrid,))

    @property
    def devices(self) -> tuple[tuple[str, str], ...]:
        """The devices that are made for it: the interface each lies on, and its name; its own interface's first."""
        main = self.virtual_mac or self.ipvlan
        return (((self.interface, main.name),) if main else ()) + self.address_devices

    @property
    def all_addresses(self) -> tuple[VirtualAddress, ...]:
        """All addresses that this router holds as master, advertised or not."""
        return self.addresses + self.excluded

    def device_of(self, address: VirtualAddress) -> str:
        """The name of the link that an address is on while this router is master."""
        elsewhere = address.device not in (None, self.interface)
        asked = address.virtual_mac or (elsewhere and self.addresses_at_virtual_mac)
        if asked and (own := dict(self.devices).get(address.device or self.interface)):
            return own
        main = self.virtual_mac or self.ipvlan
        if not elsewhere:  # with `dev` of the own interface too
            other_family = Family.of(address.address) is not self.family
            return main.name if main and not other_family else self.interface
        return address.device or self.interface

    @property
    def checksum_sent(self) -> Checksum | None:
        """The form that adverts have whatever others speak, in version 3 over IPv4; None: as the others have it."""
        old = self.old_unicast_checksum == "always" and bool(self.unicast_peers)
        return self.checksum or (Checksum.OLD_UNICAST if old else None)

    @property
    def group(self) -> Address:
        """Where adverts go without unicast peers (RFC 9568 §5.1.1.2)."""
        return self.multicast_destination or self.family.group

    @property
    def accepts(self) -> bool:
        """Whether the master accepts packets to the virtual addresses; an owner always does (RFC 9568 §6.1)."""
        return self.owner or self.accept


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncGroupConfig:
    """One vrrp_sync_group: virtual routers of which all are master or none."""

    name: str
    members: tuple[str, ...]
    scripts: tuple[TrackedScript, ...] = ()
    interfaces: tuple[TrackedInterface, ...] = ()
    files: tuple[Tracked, ...] = ()
    processes: tuple[Tracked, ...] = ()
    bfd_sessions: tuple[Tracked, ...] = ()
    notify: Notify = Notify()
    notify_priority_changes: bool = False
    smtp_alert: bool = False
    member_weights: bool = False  # sync_group_tracking_weight: the members' own weighted trackers count
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GarpGroup:
    """How fast announcements may follow each other on interfaces behind one switch; 0: at once."""

    interfaces: tuple[str, ...]
    arp_interval_ns: int = 0
    na_interval_ns: int = 0
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class InterfaceDelay:
    """How long an interface must stay down or up before it counts; up to 255 s."""

    name: str
    down_ns: int = 0
    up_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticConfig:
    """What stays on the host whoever is master, and the groups that track it."""

    addresses: tuple[VirtualAddress, ...] = ()
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = ()
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (name, virtual routers)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value for the process as a whole that no other field holds: scheduling, buffers, SNMP, D-Bus and the like."""

    keyword: str
    value: bool | int | str | tuple[str, ...]  # seconds are nanoseconds
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Fifo:
    """A FIFO that changes of state are written to, and the script that reads it."""

    path: str | None = None
    user: User | None = None  # its owner
    script: tuple[str, ...] = ()
    script_user: User | None = None


@dataclass(frozen=True, slots=True)
class HostScript:
    """A script that is run once, before the virtual routers start or after they have ended."""

    command: tuple[str, ...] = ()  # empty: none
    user: User | None = None  # None: script_user
    timeout_ns: int = 10 * NS_PER_SECOND  # 1 to 1000 s, then it is ended


@dataclass(frozen=True, slots=True)
class Mail:
    """Where mail about changes of state goes."""

    to: tuple[str, ...] = ()
    sender: str | None = None
    server: str | None = None
    port: int = 25
    helo_name: str | None = None
    timeout_ns: int = 30 * NS_PER_SECOND
    faults: bool = True  # no_email_faults: not about faults


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalConfig:
    """What global_defs says, as far as VRRP is concerned."""

    router_id: str | None = None
    version: Literal[2, 3] = 2
    script_user: str | None = None
    script_group: str | None = None
    script_security: bool = False
    multicast_group4: Address | None = None  # None: 224.0.0.18
    multicast_group6: Address | None = None  # None: ff02::12
    default_interface: str = "eth0"  # of static addresses
    startup_delay_ns: int = 0
    boot_delay_ns: int = 0  # vrrp_delay_after_boot: no virtual router starts before, counted from the host's start
    arp_interval_ns: int = 0  # between gratuitous ARPs on one interface
    na_interval_ns: int = 0  # between unsolicited neighbour advertisements on one interface
    dynamic_interfaces: Literal["no", "yes", "allow_if_changes"] = "no"
    fifo: Fifo = Fifo()  # notify_fifo
    vrrp_fifo: Fifo = Fifo()  # vrrp_notify_fifo
    fifo_write_on_reload: bool = False
    startup: HostScript = HostScript()
    shutdown: HostScript = HostScript()
    mail: Mail = Mail()
    linkbeat_polling: bool = False
    child_wait_ns: int = 10 * NS_PER_SECOND  # so long programs may run on after they were asked to end
    settings: tuple[Setting, ...] = ()
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A whole configuration that can be run."""

    file: str
    globals: GlobalConfig = GlobalConfig()
    routers: tuple[VirtualRouterConfig, ...] = ()
    scripts: tuple[ScriptConfig, ...] = ()
    files: tuple[TrackFileConfig, ...] = ()
    processes: tuple[TrackProcessConfig, ...] = ()
    sync_groups: tuple[SyncGroupConfig, ...] = ()
    static: StaticConfig = StaticConfig()
    garp_groups: tuple[GarpGroup, ...] = ()
    interface_delays: tuple[InterfaceDelay, ...] = ()
    linkbeat: tuple[tuple[str, str | None], ...] = ()  # (interface, MII, ETHTOOL or IOCTL)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a file: a configuration unless there was an error, and all findings in file order."""

    configuration: Configuration | None
    findings: tuple[Finding, ...]
    sources: tuple[str, ...] = ()  # the files that were read, and the directories that wildcards of `include` look in
