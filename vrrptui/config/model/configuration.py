"""The configuration as the engine runs it, with defaults filled in and the origin of each value.

All values are immutable and comparable, so that a reload can compare two configurations. Times are in nanoseconds.
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
    """A virtual or static address."""

    interface: IPv4Interface | IPv6Interface
    device: str | None = None  # None: the virtual router's interface
    label: str | None = None
    broadcast: Address | None = None
    scope: str | None = None
    peer: Address | None = None  # the other end of a point-to-point link
    flags: tuple[str, ...] = ()  # of home, -nodad, mngtmpaddr, noprefixroute, autojoin, in the order of the file
    tracked: bool = True  # False: no_track, its loss is not a fault
    preferred_lifetime_s: int | None = None  # 0 to 2**32-1, which means forever; None: the kernel's default
    virtual_mac: bool = False  # use_vmac: held on a virtual MAC device of its own
    track_group: str | None = None  # for a static address: its loss is a fault of this group's virtual routers

    @property
    def address(self) -> Address:
        return self.interface.ip

    def __str__(self) -> str:
        return self.interface.with_prefixlen


@dataclass(frozen=True, slots=True)
class Announcements:
    """When gratuitous ARPs and unsolicited neighbour advertisements are sent (keepalived's garp_* keywords)."""

    repeat: int = 5  # of the first burst after becoming master, per address
    delay_ns: int = 5 * NS_PER_SECOND  # delay of the second burst; 0: none
    refresh_ns: int = 0  # interval of refresh bursts while master; 0: none
    refresh_repeat: int = 1
    lower_delay_ns: int = 5 * NS_PER_SECOND  # delay of the second burst after an advert of lower priority
    lower_repeat: int = 5
    extra_ns: int = 0  # interval of bursts on the other interfaces of the addresses; 0: none
    extra_all: bool = False  # on all of them; otherwise only on those with a virtual MAC


@dataclass(frozen=True, slots=True)
class User:
    """The user that runs a command; without a group, the user's own group."""

    name: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Notify:
    """The commands run on a change of state, as argument vectors; empty: none."""

    master: tuple[str, ...] = ()
    backup: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    any: tuple[str, ...] = ()  # run with INSTANCE (or GROUP), name, state and priority appended
    deleted: tuple[str, ...] = ()  # run when a reload removes the virtual router
    master_rx_lower_pri: tuple[str, ...] = ()  # run when a master receives an advert of lower priority
    says_deleted: bool = False  # report a removed virtual router as DELETED instead of FAULT
    users: tuple[tuple[str, User], ...] = ()  # (field name above, user) for commands with a user of their own

    def user_of(self, event: str) -> User | None:
        """Return the user for the command of `event`, a field name above; None: script_user."""
        return dict(self.users).get(event)


@dataclass(frozen=True, slots=True)
class Ipvlan:
    """An ipvlan device, used instead of a virtual MAC."""

    name: str  # of the device, at most 15 bytes
    address: IPv4Interface | IPv6Interface | None = None
    mode: Literal["bridge", "private", "vepa"] = "bridge"


@dataclass(frozen=True, slots=True)
class PeerTtl:
    """The TTLs accepted from a unicast peer."""

    peer: Address
    low: int = 0  # 0-255
    high: int = 255


@dataclass(frozen=True, slots=True)
class VirtualMac:
    """The virtual MAC device that holds the addresses (use_vmac)."""

    name: str  # of the device, at most 15 bytes
    transmit_from_base: bool = False  # vmac_xmit_base: adverts are sent from the interface's own MAC address
    address: str | None = None  # replaces the MAC address of RFC 9568 §7.3; if 5 bytes, the VRID is appended


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualRouterConfig:
    """A virtual router, from one vrrp_instance block."""

    name: str
    interface: str
    vrid: int  # 1-255
    family: Family
    version: Literal[2, 3]
    addresses: tuple[VirtualAddress, ...]  # advertised, in the order of the file
    excluded: tuple[VirtualAddress, ...] = ()  # held by the master but not advertised; either family
    initial_state: Literal["MASTER", "BACKUP"] = "BACKUP"
    priority: int = PRIORITY_DEFAULT  # 1-255; 255: address owner
    interval_ns: int = NS_PER_SECOND  # v2: whole seconds; v3: 10 ms to 40.95 s
    preempt: bool = True
    preempt_delay_ns: int = 0
    auth_type: Literal[0, 1, 2] = 0  # v2: none, PASS, AH
    auth_password: bytes = field(default=b"", repr=False)  # at most 8 bytes
    unicast_source: Address | None = None
    unicast_peers: tuple[Address, ...] = ()  # empty: multicast
    multicast_source: Address | None = None  # None: the interface's primary address
    accept: bool = True
    lower_priority_advert: bool = True  # answer an advert of lower priority at once
    checksum: Checksum | None = None  # for v3 over IPv4; None: the form in which the other router sends
    announcements: Announcements = Announcements()
    scripts: tuple[TrackedScript, ...] = ()
    interfaces: tuple[TrackedInterface, ...] = ()
    files: tuple[Tracked, ...] = ()
    processes: tuple[Tracked, ...] = ()
    bfd_sessions: tuple[Tracked, ...] = ()
    notify: Notify = Notify()
    notify_priority_changes: bool = False
    smtp_alert: bool = False
    multicast_destination: Address | None = None  # None: the protocol's group
    unicast_ttl: int | None = None  # 0-255; None: 255
    peer_ttls: tuple[PeerTtl, ...] = ()
    check_unicast_source: bool = False
    fault_without_peers: bool = False  # unicast_fault_no_peer
    old_unicast_checksum: Literal["auto", "always", "never"] = "auto"
    track_source: bool = False  # loss of the source address is a fault
    track_primary: bool = True  # loss of the interface is a fault
    virtual_mac: VirtualMac | None = None
    address_devices: tuple[tuple[str, str], ...] = ()  # (other interface, its virtual MAC device)
    addresses_at_virtual_mac: bool = False  # use_vmac_addr: addresses on other interfaces use virtual MAC devices
    ipvlan: Ipvlan | None = None
    vrf: str | None = None
    routes: tuple[Route, ...] = ()  # added while master
    rules: tuple[Rule, ...] = ()  # added while master
    down_timer_adverts: int = 3  # number of missed adverts after which the master is down, 1-100
    higher_priority_advert: bool = False  # an outranked master sends one more advert before it yields
    owner_ignores_adverts: bool = False
    skip_check_addresses: bool = False  # do not compare the addresses again in later adverts of the same master
    strict: bool = False
    promote_secondaries: bool = False
    linkbeat_polling: bool = False
    lvs_sync_interface: str | None = None
    receive_buffer_bytes: int | None = None
    debug: int = 0  # 0-4, has no effect
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)  # by keyword

    @property
    def owner(self) -> bool:
        """Whether this router owns the addresses (RFC 9568 §5.2.4)."""
        return self.priority == PRIORITY_OWNER

    @property
    def mac(self) -> bytes:
        """The virtual MAC address: that of RFC 9568 §7.3 unless configured; the VRID completes one of 5 bytes."""
        own = self.virtual_mac.address if self.virtual_mac else None
        if own is None:
            return virtual_mac(self.family, self.vrid)
        given = bytes.fromhex(own.replace(":", ""))
        return given if len(given) == MAC_BYTES else given + bytes((self.vrid,))

    @property
    def devices(self) -> tuple[tuple[str, str], ...]:
        """The devices created for this router, as (parent interface, name); that on its own interface first."""
        main = self.virtual_mac or self.ipvlan
        return (((self.interface, main.name),) if main else ()) + self.address_devices

    @property
    def all_addresses(self) -> tuple[VirtualAddress, ...]:
        """All addresses that this router holds while master, advertised or not."""
        return self.addresses + self.excluded

    def device_of(self, address: VirtualAddress) -> str:
        """Return the name of the device on which an address is held while this router is master."""
        elsewhere = address.device not in (None, self.interface)
        asked = address.virtual_mac or (elsewhere and self.addresses_at_virtual_mac)
        if asked and (own := dict(self.devices).get(address.device or self.interface)):
            return own
        main = self.virtual_mac or self.ipvlan
        if not elsewhere:  # also if `dev` names the router's own interface
            other_family = Family.of(address.address) is not self.family
            return main.name if main and not other_family else self.interface
        return address.device or self.interface

    @property
    def checksum_sent(self) -> Checksum | None:
        """The configured checksum form for v3 over IPv4; None: the form in which the other router sends."""
        old = self.old_unicast_checksum == "always" and bool(self.unicast_peers)
        return self.checksum or (Checksum.OLD_UNICAST if old else None)

    @property
    def group(self) -> Address:
        """The multicast group for adverts without unicast peers (RFC 9568 §5.1.1.2)."""
        return self.multicast_destination or self.family.group

    @property
    def accepts(self) -> bool:
        """Whether the master accepts packets to the virtual addresses (RFC 9568 §6.1); an owner always does."""
        return self.owner or self.accept


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncGroupConfig:
    """A sync group, from one vrrp_sync_group block: its virtual routers become master or backup together."""

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
    member_weights: bool = False  # sync_group_tracking_weight: use the members' own weighted trackers
    place: Place = field(compare=False)
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GarpGroup:
    """Minimum intervals between announcements on a set of interfaces; 0: no limit."""

    interfaces: tuple[str, ...]
    arp_interval_ns: int = 0
    na_interval_ns: int = 0
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class InterfaceDelay:
    """How long an interface must be down or up before its state counts, up to 255 s."""

    name: str
    down_ns: int = 0
    up_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticConfig:
    """The static addresses, routes and rules, which do not depend on mastership, and the groups that track them."""

    addresses: tuple[VirtualAddress, ...] = ()
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = ()
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (name, virtual routers)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value for the whole process without a field of its own, such as scheduling, buffers, SNMP and D-Bus."""

    keyword: str
    value: bool | int | str | tuple[str, ...]  # seconds are in nanoseconds
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Fifo:
    """A FIFO to which changes of state are written, and the script that reads it."""

    path: str | None = None
    user: User | None = None  # owner of the FIFO
    script: tuple[str, ...] = ()
    script_user: User | None = None


@dataclass(frozen=True, slots=True)
class HostScript:
    """A script that runs once, before the virtual routers start or after they stop."""

    command: tuple[str, ...] = ()  # empty: none
    user: User | None = None  # None: script_user
    timeout_ns: int = 10 * NS_PER_SECOND  # 1 to 1000 s, after which the script is terminated


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail settings for changes of state."""

    to: tuple[str, ...] = ()
    sender: str | None = None
    server: str | None = None
    port: int = 25
    helo_name: str | None = None
    timeout_ns: int = 30 * NS_PER_SECOND
    faults: bool = True  # False: no_email_faults, no mail about faults


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalConfig:
    """The contents of global_defs, as far as they concern VRRP."""

    router_id: str | None = None
    version: Literal[2, 3] = 2
    script_user: str | None = None
    script_group: str | None = None
    script_security: bool = False
    multicast_group4: Address | None = None  # None: 224.0.0.18
    multicast_group6: Address | None = None  # None: ff02::12
    default_interface: str = "eth0"  # for static addresses
    startup_delay_ns: int = 0
    boot_delay_ns: int = 0  # vrrp_delay_after_boot: virtual routers start this long after the host's boot, or later
    arp_interval_ns: int = 0  # between gratuitous ARPs on an interface
    na_interval_ns: int = 0  # between unsolicited neighbour advertisements on an interface
    dynamic_interfaces: Literal["no", "yes", "allow_if_changes"] = "no"
    fifo: Fifo = Fifo()  # notify_fifo
    vrrp_fifo: Fifo = Fifo()  # vrrp_notify_fifo
    fifo_write_on_reload: bool = False
    startup: HostScript = HostScript()
    shutdown: HostScript = HostScript()
    mail: Mail = Mail()
    linkbeat_polling: bool = False
    child_wait_ns: int = 10 * NS_PER_SECOND  # how long programs may keep running after they were asked to stop
    settings: tuple[Setting, ...] = ()
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A complete, valid configuration."""

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
    """The result of reading a file: all findings in file order, and a configuration unless there was an error."""

    configuration: Configuration | None
    findings: tuple[Finding, ...]
    sources: tuple[str, ...] = ()  # the files read, and the directories searched for wildcards of `include`
