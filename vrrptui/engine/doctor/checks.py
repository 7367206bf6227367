"""Problems of this host that affect VRRP: sysctls, firewall, capabilities, addresses, frame sizes.

Reads only. Each finding says what it causes and what to do.
"""

from __future__ import annotations

import grp
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vrrptui.config.lint import script_files, script_safety, script_words
from vrrptui.config.model.configuration import Configuration, VirtualRouterConfig
from vrrptui.config.model.needed_interfaces import needed_interfaces
from vrrptui.engine.doctor import firewall
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.other_daemons import other_daemons
from vrrptui.engine.serve.control_server import GROUP_NAME
from vrrptui.protocol.advert import PRIORITY_OWNER, PROTOCOL_AH, PROTOCOL_VRRP, Family
from vrrptui.protocol.authentication import AUTH_TYPE_AH

SETTINGS = Path("/proc/sys/net")
DEVICES = Path("/sys/class/net")
CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13}
AH_BYTES, VRRP_BYTES, AUTHENTICATION_BYTES = 24, 8, 8
STRICT, SAME_NETWORK_ONLY, SILENT = 1, 2, 8  # rp_filter; arp_ignore

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. A note needs no action."""

    level: Level
    code: str
    subject: str  # the interface, or other subject
    what: str
    remedy: str


def examine(configuration: Configuration | None) -> list[Finding]:
    """Return all findings for the interfaces of a configuration, or for all that are up except loopback."""
    kernel = Kernel(lambda: None)
    try:
        routers = configuration.routers if configuration else ()
        found = [*_process(), *_control_group()]
        names = sorted({router.interface for router in routers}) if configuration else _in_use(kernel)
        for name in names:
            link = kernel.link(name)
            if link is None:
                found.append(
                    Finding("error", "NO_INTERFACE", name, "the interface does not exist", "correct `interface`")
                )
                continue
            own = [router for router in routers if router.interface == name]
            found += [*_link(link, own, configuration is not None), *_arp(link, own, _sharing(link, kernel))]
            found += [*_bridge(link), *_owners(own, kernel), *_unreachable(own)]
        elsewhere = {a.device for router in routers for a in router.all_addresses if a.device}
        found += [ailment for name in sorted({*names, *elsewhere}) for ailment in _port(name)]
        found += [*_elsewhere(routers, kernel), *_firewall(names, routers), *_forwarding(), *_others()]
        return [*found, *(_scripts(configuration) if configuration else ())]
    finally:
        kernel.close()


def _elsewhere(routers: Iterable[VirtualRouterConfig], kernel: Kernel) -> Iterator[Finding]:
    """Return the other interfaces that addresses, routes and rules need."""
    for router in routers:
        for name, why in needed_interfaces(router).items():
            link, parent = kernel.link(name), name.partition(":")[0]
            if link is None:
                remedy = f"write `dev {parent} label {name}`" if parent != name else "correct `dev`, or add no_track"
                yield Finding(
                    "error", "NO_INTERFACE", name, f"the interface does not exist, {why} ({router.name})", remedy
                )
            elif not link.up:
                what = f"the interface is down, {why}, so {router.name} is in fault"
                yield Finding("warning", "LINK_DOWN", name, what, f"ip link set {name} up, or add no_track")


def _others() -> Iterator[Finding]:
    for other in other_daemons():
        if not other.startswith("vrrptui "):
            what = "it speaks VRRP on this host; an engine does not start beside it"
            yield Finding(
                "error", "OTHER_DAEMON", other, what, "stop it first, or start the engine with --beside-others"
            )


def _in_use(kernel: Kernel) -> list[str]:
    return sorted(link.name for link in kernel.links.values() if link.up and not link.loopback)


def _process() -> Iterator[Finding]:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    for name, bit in CAPABILITIES.items():
        if not effective >> bit & 1:
            what = "an engine started like this may not " + (
                "change addresses" if name == "CAP_NET_ADMIN" else "open raw sockets"
            )
            yield Finding("error", "MISSING_CAPABILITY", name, what, "use sudo, or AmbientCapabilities= in the unit")


def _control_group() -> Iterator[Finding]:
    try:
        grp.getgrnam(GROUP_NAME)
    except KeyError:
        what = "the group does not exist, so only root can observe root's engine"
        yield Finding("note", "NO_CONTROL_GROUP", GROUP_NAME, what, f"groupadd --system {GROUP_NAME}")


def _link(link: Link, routers: list[VirtualRouterConfig], configured: bool) -> Iterator[Finding]:
    if configured and not link.up:
        what = "the interface is down, so its virtual routers are in fault"
        yield Finding("warning", "LINK_DOWN", link.name, what, f"ip link set {link.name} up, and check the cable")
    for family in sorted({router.family for router in routers}, key=lambda family: family.value):
        ours = [a.address for router in routers for a in router.all_addresses]
        if link.source(family, ours) is None and any(r.family is family and not r.unicast_source for r in routers):
            what = f"no {'link-local IPv6' if family is Family.IPV6 else 'IPv4'} address to send adverts from"
            yield Finding("error", "NO_ADDRESS", link.name, what, "give it one of its own, beside the virtual ones")
    if not configured and not link.addresses:
        yield Finding("warning", "NO_ADDRESS", link.name, "no address to send adverts from", "give it one")
    for router in routers:
        size = advert_bytes(router)
        if size > link.mtu:
            what = f"adverts of {router.name} have {size} bytes, the MTU is {link.mtu}: they cannot be sent"
            remedy = "move addresses to virtual_ipaddress_excluded on every router, or raise the MTU"
            yield Finding("error", "MTU_TOO_SMALL", link.name, what, remedy)


def _owners(routers: list[VirtualRouterConfig], kernel: Kernel) -> Iterator[Finding]:
    """Priority 255 is for the one router that owns the address (RFC 9568 §8.3.2)."""
    held = {one.ip for link in kernel.links.values() for one in link.addresses}
    for router in routers:
        strange = [str(a.address) for a in router.addresses if a.address not in held]
        if router.priority == PRIORITY_OWNER and strange:
            what = f"priority 255 says that this host owns {strange[0]}, and it has no such address ({router.name})"
            yield Finding("note", "NOT_OWNER", router.interface, what, "priority 254, unless no other router has 255")


def _unreachable(routers: list[VirtualRouterConfig]) -> Iterator[Finding]:
    """A master that is not the owner may refuse packets to the addresses (RFC 9568 §6.1, Accept_Mode)."""
    for router in routers:
        if not router.accepts and router.addresses:
            cause = "strict mode" if router.strict else "no_accept"
            what = f"{router.addresses[0].address} answers no pings and serves nothing here: {cause} ({router.name})"
            remedy = "accept, in strict mode with version 3, unless it is a gateway alone"
            yield Finding("note", "NOT_ACCEPTED", router.interface, what, remedy)


def _port(name: str) -> Iterator[Finding]:
    """An address on a port of a bridge, bond or team is unreachable: frames go to the master device."""
    master = DEVICES / name / "master"
    if master.exists() and "DEVTYPE=vrf" not in _text(master / "uevent"):
        whole = master.resolve().name
        what = f"it is a port of {whole}, which receives its frames: its addresses cannot be reached"
        yield Finding("warning", "PART_OF_ANOTHER", name, what, f"use {whole} instead of {name}")


def _scripts(configuration: Configuration) -> Iterator[Finding]:
    """Yield findings about the scripts: those that cannot run, and those that other users can change."""
    found = [*script_files.findings(configuration, missing=True), *script_words.findings(configuration)]
    for finding in (*found, *script_safety.findings(configuration), *script_safety.findings_of_others(configuration)):
        code = finding.code.upper().replace("-", "_")
        yield Finding("warning", code, f"{finding.place.file}:{finding.place.line}", finding.text, finding.hint)


def advert_bytes(router: VirtualRouterConfig) -> int:
    """Return the length of a router's advert including the IP header (RFC 9568 §5.1, RFC 2338 §5.3.6)."""
    if router.family is Family.IPV6:
        return 40 + VRRP_BYTES + 16 * len(router.addresses)
    size = 20 + VRRP_BYTES + 4 * len(router.addresses)
    if router.version == 2:
        size += AUTHENTICATION_BYTES + (AH_BYTES if router.auth_type == AUTH_TYPE_AH else 0)
    return size


def _sharing(link: Link, kernel: Kernel) -> str | None:
    """Return another interface that is up and has an address in one of this one's IPv4 networks."""
    own = {held.network for held in link.addresses if held.version == 4}
    for other in kernel.links.values():
        if other.index == link.index or not other.up or other.virtual or other.loopback:
            continue
        if own & {held.network for held in other.addresses}:
            return other.name
    return None


def _arp(link: Link, routers: list[VirtualRouterConfig], sharing: str | None) -> Iterator[Finding]:
    """Yield findings about ARP and reverse path filtering on one interface."""
    name = link.name
    path = f"net.ipv4.conf.{name}."
    ignore, strictest = _strictest("arp_ignore", name), _strictest("rp_filter", name)
    hosts = [str(a) for r in routers for a in r.all_addresses if a.interface.network.prefixlen == 32]
    if sharing and strictest == STRICT:
        what = f"rp_filter is strict and {sharing} is in the same network: adverts that come in here may be dropped"
        yield Finding("warning", "RP_FILTER", name, what, f"sysctl {path}rp_filter=2 net.ipv4.conf.all.rp_filter=0")
    if sharing and not ignore:
        what = f"{sharing} is in the same network, and each answers ARP for the other's addresses"
        yield Finding("warning", "ARP_IGNORE", name, what, f"sysctl {path}arp_ignore=1")
    if ignore == SILENT or (ignore == SAME_NETWORK_ONLY and hosts):
        what = "ARP is not answered for " + ("any address" if ignore == SILENT else f"{hosts[0]}, a network of one")
        yield Finding("error", "ARP_IGNORE", name, what, f"sysctl {path}arp_ignore=1, and the same for all")
    if sharing and _either("arp_filter", name):
        what = f"arp_filter is on and {sharing} is in the same network: ARP for a virtual address may go unanswered"
        yield Finding("warning", "ARP_FILTER", name, what, f"sysctl {path}arp_filter=0 {path}arp_ignore=1")
    if _either("accept_local", name):
        what = "packets from outside with a source address of this host are accepted"
        yield Finding("warning", "ACCEPT_LOCAL", name, what, f"sysctl {path}accept_local=0, and the same for all")
    if _either("proxy_arp", name):
        what = "proxy_arp is on: a backup may answer for the virtual addresses too"
        yield Finding("warning", "PROXY_ARP", name, what, f"sysctl {path}proxy_arp=0, and the same for all")


def _bridge(link: Link) -> Iterator[Finding]:
    for bridge in (DEVICES / link.name / "bridge", DEVICES / link.name / "master" / "bridge"):
        if _number(bridge / "multicast_snooping") == 1 and _number(bridge / "multicast_querier") == 0:
            name = bridge.parent.resolve().name
            what = "the bridge snoops multicast without a querier: adverts may be lost"
            remedy = f"ip link set {name} type bridge mcast_querier 1 (or mcast_snooping 0), unless a router asks"
            yield Finding("warning", "SNOOPING_WITHOUT_QUERIER", name, what, remedy)


def _firewall(names: list[str], routers: tuple[VirtualRouterConfig, ...]) -> Iterator[Finding]:
    try:
        kind, rules = firewall.read_rules()
        for probe in dict.fromkeys(_probes(names, routers)):
            drop = firewall.find_drop(kind, rules, probe)
            if drop is not None:
                way, text = ("in", "received") if probe.inbound else ("out", "sent")
                protocol = firewall.PROTOCOL_NAMES[probe.protocol][1]
                what = f"adverts to {probe.destination} cannot be {text}: {drop.why} of {drop.where} drops them"
                remedy = f"accept protocol {protocol} on the way {way} there, before anything drops it"
                yield Finding("error", "FIREWALL_DROPS", probe.interface, what, remedy)
    except firewall.FirewallUnreadableError as error:
        remedy = "run it as root, with nft or iptables-save installed"
        yield Finding("note", "FIREWALL_UNSEEN", "firewall", f"its rules cannot be read: {error}", remedy)


def _probes(names: list[str], routers: tuple[VirtualRouterConfig, ...]) -> Iterator[firewall.Probe]:
    for inbound in (True, False):
        for router in routers:
            protocol = PROTOCOL_AH if router.auth_type == AUTH_TYPE_AH else PROTOCOL_VRRP
            if not router.unicast_peers:
                yield firewall.Probe(router.interface, router.group, inbound, protocol)
            elif not inbound:
                for peer in router.unicast_peers:
                    yield firewall.Probe(router.interface, peer, inbound, protocol)
            elif router.unicast_source is not None:
                yield firewall.Probe(router.interface, router.unicast_source, inbound, protocol)
        if not routers:
            yield from (firewall.Probe(name, Family.IPV4.group, inbound) for name in names)


def _forwarding() -> Iterator[Finding]:
    for family, path in (("IPv4", "ipv4/ip_forward"), ("IPv6", "ipv6/conf/all/forwarding")):
        if _number(SETTINGS / path) == 0:
            what = f"{family} forwarding is off: hosts that use a virtual address as their gateway get no further"
            remedy = f"for a gateway, sysctl net.{path.replace('/', '.')}=1"
            yield Finding("note", "NOT_FORWARDING", family, what, remedy)


def _strictest(setting: str, name: str) -> int:
    """Return the larger of the value for all interfaces and that for this one, which the kernel uses."""
    return max(_setting(setting, name))


def _either(setting: str, name: str) -> bool:
    return any(_setting(setting, name))


def _setting(setting: str, name: str) -> list[int]:
    return [_number(SETTINGS / "ipv4/conf" / one / setting) or 0 for one in ("all", name)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
