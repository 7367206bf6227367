"""Builds the model of a virtual router from a draft: fills in defaults and checks combinations of values.

The inputs are the drafts of `instance` and the values of global_defs.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address
from itertools import chain
from typing import Any, Literal, TypeVar

from vrrptui.config.findings.report import Report, shown
from vrrptui.config.keywords import announcements
from vrrptui.config.keywords.global_defs import GlobalDefs
from vrrptui.config.keywords.instance import Draft
from vrrptui.config.model.configuration import Ipvlan, Route, Rule, VirtualMac, VirtualRouterConfig
from vrrptui.config.resolve import strict
from vrrptui.protocol.advert import (
    NS_PER_CENTISECOND,
    NS_PER_SECOND,
    PRIORITY_DEFAULT,
    PRIORITY_OWNER,
    Checksum,
    Family,
)

INTERVAL_V3_MAX_NS = 4095 * NS_PER_CENTISECOND  # RFC 9568 §5.2.7: 12 bits of centiseconds
ADDRESSES_MAX = 255  # RFC 9568 §5.2.5: the count is one byte

_Value = TypeVar("_Value")


def finish(draft: Draft, defs: GlobalDefs, report: Report) -> VirtualRouterConfig | None:
    """Return the virtual router that a draft describes, or None after an error."""
    family = _family(draft, report)
    priority = _priority(draft, report)
    _check_present(draft, report)
    if family is None or priority is None or draft.vrid is None or draft.interface is None:
        return None
    version = _version(draft, defs, family, report)
    if draft.fields.get("strict", defs.inherited.get("strict")):
        strict.settle(draft, defs.inherited, version, family, report)
    auth_type = _authentication(draft, version, report)
    _settle_preemption(draft, priority, report)
    _check_sources(draft, family, report)
    _without_own_interface(draft, report)
    unicast = bool(draft.peers)
    as_v2 = _own(draft.checksum_as_v2, defs.checksum_as_v2)
    group = defs.fields.get("multicast_group4" if family is Family.IPV4 else "multicast_group6")
    fields: dict[str, Any] = {"multicast_destination": group} | defs.inherited | draft.fields
    fields |= draft.trackers.as_fields()
    return VirtualRouterConfig(
        name=draft.name,
        interface=draft.interface,
        vrid=draft.vrid,
        family=family,
        version=version,
        addresses=tuple(draft.virtual),
        excluded=tuple(draft.excluded),
        initial_state=draft.state,
        priority=priority,
        interval_ns=_interval(draft, version, report),
        preempt=draft.preempt,
        preempt_delay_ns=draft.preempt_delay_ns,
        auth_type=auth_type,
        auth_password=draft.password if auth_type else b"",
        unicast_source=draft.source if unicast else None,
        unicast_peers=tuple(draft.peers),
        peer_ttls=tuple(draft.peer_ttls),
        multicast_source=None if unicast else draft.source,
        checksum={None: None, True: Checksum.MESSAGE, False: Checksum.PSEUDO_HEADER}[as_v2],
        announcements=announcements.build(defs.announcements, draft.announcements),
        notify=draft.notify,
        virtual_mac=_virtual_mac(draft, family, defs, report),
        addresses_at_virtual_mac=draft.addresses_virtual_mac,
        ipvlan=_ipvlan(draft, family, defs, report),
        address_devices=_address_devices(draft, family, defs, report),
        routes=draft.routes,
        rules=draft.rules,
        place=draft.place,
        origins=defs.inherited_origins() | {k: place for k, place in draft.places.items() if " " not in k},
        **fields,
    )


def _family(draft: Draft, report: Report) -> Family | None:
    """Return the family of the advertised addresses, which must be the same for all (RFC 9568 §5.2.9)."""
    if not draft.virtual:
        return _family_without_addresses(draft, report)
    first = draft.virtual[0].address
    for other in draft.virtual[1:]:
        if other.address.version != first.version:
            text = f"{other.address} is not of the family of {first}: one virtual router has one family"
            hint = "move it to virtual_ipaddress_excluded, or to a vrrp_instance of its own"
            report.error(draft.place_of(f"address {other.address}"), "mixed-families", text, hint)
            return None
    if len(draft.virtual) > ADDRESSES_MAX:
        text = f"an advert holds {ADDRESSES_MAX} addresses, here are {len(draft.virtual)}"
        report.error(draft.place_of("virtual_ipaddress"), "too-many-addresses", text, "use virtual_ipaddress_excluded")
    if isinstance(first, IPv6Address) and not first.is_link_local:
        text = f"the first IPv6 address, {first}, is not link-local, though RFC 9568 §5.2.9 wants it to be"
        report.warning(draft.place_of(f"address {first}"), "first-not-link-local", text, "write one in fe80::/10 first")
    return Family.of(first)


def _family_without_addresses(draft: Draft, report: Report) -> Family | None:
    """Return the family of a router without advertised addresses, from its other settings; by default IPv4.

    None if it has addresses but all were rejected.
    """
    if "virtual_ipaddress" in draft.places and draft.empty_block is None:
        return None
    text = f"{shown(draft.name)} advertises no address"
    text += ", only excluded ones are held" if draft.excluded else ": it moves nothing but what its scripts move"
    hint = "keepalived 2.2 refuses this in version 3; write a virtual_ipaddress block"
    report.warning(draft.empty_block or draft.place, "no-address", text, hint)
    if "native_ipv6" in draft.places:
        return Family.IPV6
    named = [*draft.peers, *([draft.source] if draft.source is not None else [])]
    if draft.version == 3:
        named += [address.address for address in draft.excluded]
    return Family.of(named[0]) if named else Family.IPV4


def _without_own_interface(draft: Draft, report: Report) -> None:
    """Drop the track_interface lines for interfaces that are tracked in any case, as keepalived does.

    These are the router's own interface and, for lines with a weight, those named by its addresses, routes and rules.
    An address at the virtual MAC does not count: it is on the MAC's device, and a weight on the parent interface has an
    effect.
    """
    lines: list[Route | Rule] = [*draft.routes, *draft.rules]
    held = [one for one in (*draft.virtual, *draft.excluded) if not (one.virtual_mac or draft.addresses_virtual_mac)]
    needed = {one.device for one in held if one.tracked}
    needed |= {device for line in lines if line.tracked for device in line.devices}
    for one in list(draft.trackers.interfaces):
        if one.name == draft.interface:
            text = f"track_interface {shown(one.name)} has no effect on the router's own interface"
            hint = "its loss is a fault unless there is dont_track_primary"
        elif one.name in needed and one.weight:
            text = f"track_interface {shown(one.name)} has no effect: addresses or routes of the router are there"
            hint = "its loss is a fault unless they have no_track"
        else:
            continue
        report.warning(one.place or draft.place, "no-effect", text, hint)
        draft.trackers.interfaces.remove(one)


def _priority(draft: Draft, report: Report) -> int | None:
    """Return the priority, by default 100 (RFC 9568 §5.2.4); with state MASTER it must be written."""
    if draft.priority is None and draft.state == "MASTER" and "priority" not in draft.places:
        text = f"{shown(draft.name)} is MASTER without a priority: keepalived takes it for the address owner then"
        hint = "write priority 255 if this router owns the addresses, else priority 100"
        report.error(draft.place_of("state"), "owner-not-said", text, report.read_as("priority", hint))
    elif "priority" not in draft.places:
        return PRIORITY_DEFAULT
    return draft.priority


def _check_present(draft: Draft, report: Report) -> None:
    """Report missing required keywords; one with an invalid value has already been reported."""
    if "virtual_router_id" not in draft.places:
        hint = report.read_as("virtual_router_id", "write virtual_router_id and 1 to 255")
        report.error(draft.place, "missing-keyword", f"{shown(draft.name)} has no virtual_router_id", hint)
    if "interface" not in draft.places:
        text = f"{shown(draft.name)} has no interface"
        if draft.peers:
            text += ", and a unicast virtual router without one is not supported yet"
        report.error(draft.place, "missing-keyword", text, report.read_as("interface", "write interface NAME"))


def _version(draft: Draft, defs: GlobalDefs, family: Family, report: Report) -> Literal[2, 3]:
    """Return the version; IPv6 requires version 3."""
    if family is Family.IPV6:
        if draft.version == 2:
            report.warning(draft.place_of("version"), "version-3", "IPv6 needs version 3: it is used")
        return 3
    return 3 if (draft.version or defs.version) == 3 else 2


def _interval(draft: Draft, version: int, report: Report) -> int:
    """Return the advertisement interval, by default 1 s (RFC 9568 §5.2.7; version 2: RFC 3768 §5.3.7)."""
    interval = NS_PER_SECOND if draft.interval_ns is None else draft.interval_ns
    place = draft.place_of("advert_int")
    if version == 2 and interval % NS_PER_SECOND:
        hint = "1 to 255, or version 3 on every router"
        report.error(place, "bad-value", "advert_int must be whole seconds in version 2", hint)
    elif version == 3 and interval > INTERVAL_V3_MAX_NS:
        report.error(place, "bad-value", "advert_int is out of range in version 3", "0.01 to 40.95 seconds")
    elif version == 3 and interval % NS_PER_CENTISECOND:
        report.error(place, "bad-value", "advert_int must be a multiple of 0.01 seconds", "0.01 to 40.95 seconds")
    return interval


def _authentication(draft: Draft, version: int, report: Report) -> Literal[0, 1, 2]:
    """Return the authentication type; only version 2 has authentication (RFC 9568 §9)."""
    place = draft.place_of("authentication")
    if not draft.auth_type:
        if draft.password:
            text = "there is a password and no auth_type: adverts leave without authentication"
            report.warning(place, "no-auth-type", text, "write auth_type PASS")
        return 0
    if version == 3:
        report.warning(place, "no-auth-in-v3", "version 3 has no authentication: adverts leave without it")
        return 0
    if draft.auth_type == 2 and draft.state == "MASTER":
        text = "state MASTER has no effect with auth_type AH: a sequence number has to be heard first"
        report.warning(draft.place_of("state"), "no-effect", text, "write state BACKUP")
        draft.state = "BACKUP"
    if not draft.password:
        report.error(place, "missing-value", "there is an auth_type and no password", "auth_pass PASSWORD")
    return draft.auth_type


def _settle_preemption(draft: Draft, priority: int, report: Report) -> None:
    """Resolve conflicting preemption settings as keepalived does."""
    if not draft.preempt and priority == PRIORITY_OWNER:
        report.warning(draft.place_of("nopreempt"), "no-effect", "nopreempt has no effect on an address owner")
        draft.preempt = True
    if not draft.preempt and draft.state == "MASTER":
        text = "nopreempt has no effect with state MASTER: the router preempts"
        report.warning(draft.place_of("nopreempt"), "no-effect", text, "write state BACKUP on all routers")
        draft.preempt = True
    if draft.preempt_delay_ns and (draft.state == "MASTER" or not draft.preempt):
        cause = "state MASTER" if draft.state == "MASTER" else "nopreempt"
        report.warning(draft.place_of("preempt_delay"), "no-effect", f"preempt_delay has no effect with {cause}")
        draft.preempt_delay_ns = 0


def _check_sources(draft: Draft, family: Family, report: Report) -> None:
    """Check that the source and the peers are host addresses of the same family as the virtual addresses."""
    if draft.source is not None and draft.source.is_unspecified:
        text = f"source {draft.source} is no address: that of the interface is used"
        report.warning(draft.place_of("source"), "bad-address", text, "write an address of this host")
        draft.source = None
    if draft.source is not None and (draft.source.is_multicast or draft.source.is_reserved):
        text = f"source {draft.source} is not the address of a host: every router drops adverts from it"
        report.error(draft.place_of("source"), "bad-address", text, "write an address of this host")
    for peer in draft.peers:
        if peer.is_multicast or peer.is_reserved or peer.is_unspecified:
            text = f"peer {peer} is not the address of a host"
            report.error(draft.place_of(f"peer {peer}"), "bad-address", text, "write the address of the other router")
    if draft.source is not None and Family.of(draft.source) is not family:
        place = draft.place_of("source")
        report.error(place, "mixed-families", f"source {draft.source} is not of the family of the addresses")
    for peer in draft.peers:
        if Family.of(peer) is not family:
            place = draft.place_of(f"peer {peer}")
            report.error(place, "mixed-families", f"peer {peer} is not of the family of the addresses")
    target = draft.fields.get("multicast_destination")
    if target is not None and Family.of(target) is not family:
        text = f"mcast_dst_ip {target} is not of the family of the addresses"
        report.error(draft.place_of("mcast_dst_ip"), "mixed-families", text)
    if draft.peers or draft.fields.get("fault_without_peers"):
        return
    if draft.unicast:
        text = "there are unicast keywords and no unicast peers: multicast is used"
        used = ("unicast_peer", "unicast_src_ip", "check_unicast_src", "old_unicast_checksum")
        place = draft.place_of(next((keyword for keyword in used if keyword in draft.places), ""))
        report.warning(place, "no-unicast-peers", text, "write unicast_peer { ADDRESS }, or mcast_src_ip")
    if "unicast_ttl" in draft.fields:
        text = "unicast_ttl has no effect without unicast peers"
        report.warning(draft.place_of("unicast_ttl"), "no-effect", text, "write unicast_peer { ADDRESS }")


def _virtual_mac(draft: Draft, family: Family, defs: GlobalDefs, report: Report) -> VirtualMac | None:
    """Return the virtual MAC device; its default name consists of the prefix and the VRID.

    With a unicast keyword but no peers, multicast adverts are sent from the interface's own MAC address, as in
    keepalived, except in strict mode.
    """
    if draft.virtual_mac is None:
        if "vmac_xmit_base" in draft.places:
            text = "vmac_xmit_base has no effect without use_vmac"
            report.warning(draft.places["vmac_xmit_base"], "no-effect", text, "write use_vmac too")
        return None
    if draft.ipvlan is not None:
        text = "a virtual router has a virtual MAC or an ipvlan, not both"
        report.error(draft.place_of("use_ipvlan"), "bad-value", text)
    name = _device_name(draft.virtual_mac.name, "use_vmac", draft, family, defs, report)
    if name is None:
        return None
    strictly = draft.fields.get("strict", defs.inherited.get("strict"))
    from_base = draft.transmit_from_base or (draft.unicast and not draft.peers and not strictly)
    return replace(draft.virtual_mac, name=name, transmit_from_base=from_base)


def _ipvlan(draft: Draft, family: Family, defs: GlobalDefs, report: Report) -> Ipvlan | None:
    """Return the ipvlan device; its default name is that of a virtual MAC device."""
    if draft.ipvlan is None:
        return None
    name = _device_name(draft.ipvlan.name, "use_ipvlan", draft, family, defs, report)
    return replace(draft.ipvlan, name=name) if name else None


def _address_devices(draft: Draft, family: Family, defs: GlobalDefs, report: Report) -> tuple[tuple[str, str], ...]:
    """Return a virtual MAC device for each interface with addresses that need one."""
    everywhere = draft.addresses_virtual_mac
    wanted = [
        address.device or draft.interface or ""
        for address in (*draft.virtual, *draft.excluded)
        if address.virtual_mac or (everywhere and address.device not in (None, draft.interface))
    ]
    found = []
    for interface in dict.fromkeys(wanted):
        if draft.virtual_mac is not None and interface == draft.interface:
            continue  # already has a device
        name = _device_name("", "use_vmac_addr", draft, family, defs, report, defs.address_mac_prefix)
        if name is not None:
            found.append((interface, name))
    if draft.addresses_virtual_mac and not found:
        text = "use_vmac_addr has no effect: no address is on another interface"
        report.warning(draft.place_of("use_vmac_addr"), "no-effect", text, "virtual_ipaddress { ADDRESS dev NAME }")
    return tuple(found)


def _device_name(
    own: str, keyword: str, draft: Draft, family: Family, defs: GlobalDefs, report: Report, prefix: str = ""
) -> str | None:
    """Return the name of a device: its own, or one made from a prefix and the VRID if that is missing or taken.

    Names are tried in keepalived's order; for IPv6 the prefix with a 6 comes before all other numbers. None after an
    error if all are taken.
    """
    prefix = prefix or defs.mac_prefix
    first = [prefix, f"{prefix}6"] if family is Family.IPV6 else [prefix]
    prefixes = chain(first, (f"{prefix}{number}" for number in range(1, 256)))
    name = next((n for n in (own, *(f"{p}.{draft.vrid}" for p in prefixes)) if n and n not in defs.devices), None)
    if name is None:
        text = f"every name of a device for {shown(draft.name)} is taken"
        report.error(draft.place_of(keyword), "duplicate-name", text)
        return None
    if own and name != own:
        text = f"the device of another virtual router is named {shown(own)} already: this one is {shown(name)}"
        report.warning(draft.place_of(keyword), "duplicate-name", text, "a name of its own for each")
    defs.devices.add(name)
    return name


def _own(own: _Value | None, general: _Value) -> _Value:
    """Return the virtual router's own value, or else the global one."""
    return general if own is None else own
