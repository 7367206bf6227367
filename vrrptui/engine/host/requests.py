"""Netlink requests as bytes: to add and delete addresses, links, routes and rules.

They are built when a virtual router is bound to its link, and sent later.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from vrrptui.config.model.configuration import NextHop, Route, Rule, VirtualAddress
from vrrptui.engine.host.link import Link
from vrrptui.engine.host.netlink import (
    IPRouteRtFile,
    RtProtosFile,
    RtTablesFile,
    fibmsg,
    ifaddrmsg,
    ifinfmsg,
    nlmsg,
    rt_proto,
    rt_type,
    rtmsg,
)

RTM_NEWLINK, RTM_DELLINK = 16, 17
RTM_NEWADDR, RTM_DELADDR = 20, 21
RTM_NEWROUTE, RTM_DELROUTE = 24, 25
RTM_NEWRULE, RTM_DELRULE = 32, 33
NLM_F_REQUEST, NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE = 0x1, 0x4, 0x200, 0x400
IFF_UP = 0x1
IFA_F_NODAD = 0x02
RTNH_F_ONLINK = 4
IPVLAN_MODE_L2 = 0
FIB_RULE_INVERT = 2
RT_TABLE_UNSPEC_ABOVE = 256  # larger tables are in an attribute only
PROTOCOL_KEEPALIVED = 18  # keepalived's protocol number: tools that search for its routes find these
ROUTE_PREFERENCES = {"low": 3, "medium": 0, "high": 1}  # RFC 4191 §2.1
RULE_ACTIONS = {"to_tbl": 1, "goto": 2, "nop": 3, "blackhole": 6, "unreachable": 7, "prohibit": 8}
METRIC_NUMBERS = {name.removeprefix("RTAX_").lower(): n for n, (name, _) in enumerate(rtmsg.metrics.nla_map)}
SCOPES = {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
ADDRESS_FLAGS = {"home": 0x10, "mngtmpaddr": 0x100, "noprefixroute": 0x200, "autojoin": 0x400}
TYPE_SCOPES = {"local": SCOPES["host"], "broadcast": SCOPES["link"], "multicast": SCOPES["link"]}
FOREVER = 0xFFFFFFFF  # seconds


def address_message(address: VirtualAddress, index: int, add: bool) -> bytes:
    """Return the netlink request that adds `address` to the link `index`, or deletes it.

    As with keepalived, IPv6 addresses are added without DAD unless `-nodad`, and a /128 is deprecated so that it is not
    used as a source address, unless `preferred_lft` is configured.
    """
    message = ifaddrmsg()
    interface = address.interface
    message["family"] = socket.AF_INET if interface.version == 4 else socket.AF_INET6
    message["prefixlen"] = interface.network.prefixlen
    message["index"] = index
    message["scope"] = SCOPES.get(address.scope or "global", 0)
    far_end = str(address.peer or interface.ip)
    attributes: list[tuple[str, object]] = [("IFA_LOCAL", str(interface.ip)), ("IFA_ADDRESS", far_end)]
    if flags := _address_flags(address):
        attributes.append(("IFA_FLAGS", flags))
    alone = interface.version == 6 and interface.network.prefixlen == interface.max_prefixlen
    preferred_s = 0 if alone and address.preferred_lifetime_s is None else address.preferred_lifetime_s
    if add and preferred_s is not None and interface.version == 6:
        lifetimes = {"ifa_preferred": preferred_s, "ifa_valid": FOREVER, "cstamp": 0, "tstamp": 0}
        attributes.append(("IFA_CACHEINFO", lifetimes))
    if address.broadcast is not None and address.peer is None:
        attributes.append(("IFA_BROADCAST", str(address.broadcast)))
    if add and address.label is not None:  # with a label, the kernel would not delete an address that has another
        attributes.append(("IFA_LABEL", address.label))
    message["attrs"] = attributes
    if add:
        return encoded(message, RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
    return encoded(message, RTM_DELADDR, NLM_F_REQUEST | NLM_F_ACK)


def _address_flags(address: VirtualAddress) -> int:
    flags = 0
    for option in address.flags:
        flags |= ADDRESS_FLAGS.get(option, 0)
    if address.interface.version == 4:  # the others are for IPv6
        return flags & (ADDRESS_FLAGS["noprefixroute"] | ADDRESS_FLAGS["autojoin"])
    return flags if "-nodad" in address.flags else flags | IFA_F_NODAD


def macvlan_message(name: str, parent: Link, mac: bytes, vrf: int | None = None) -> bytes:
    """Return the request that creates a macvlan in private mode, down, with this MAC address on `parent`.

    `vrf` is the index of its VRF, if any.
    """
    data = {"attrs": [("IFLA_MACVLAN_MODE", "private")]}
    more = [("IFLA_ADDRESS", mac.hex(":"))] + ([("IFLA_MASTER", vrf)] if vrf is not None else [])
    return _device_message(name, parent, "macvlan", data, more)


def ipvlan_message(name: str, parent: Link) -> bytes:
    """Return the request that creates an ipvlan in bridge mode, down, on the link `parent`."""
    return _device_message(name, parent, "ipvlan", {"attrs": [("IFLA_IPVLAN_MODE", IPVLAN_MODE_L2)]}, [])


def _device_message(name: str, parent: Link, kind: str, data: Any, more: list[tuple[str, Any]]) -> bytes:
    message = ifinfmsg()
    info = {"attrs": [("IFLA_INFO_KIND", kind), ("IFLA_INFO_DATA", data)]}
    attributes: list[tuple[str, Any]] = [("IFLA_IFNAME", name), ("IFLA_LINK", parent.index), *more]
    message["attrs"] = [*attributes, ("IFLA_LINKINFO", info)]
    return encoded(message, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)


def link_state_message(index: int, up: bool) -> bytes:
    """Return the request that sets the link `index` up or down."""
    message = ifinfmsg()
    message["index"], message["flags"], message["change"] = index, IFF_UP if up else 0, IFF_UP
    return encoded(message, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK)


def link_removal_message(index: int) -> bytes:
    """Return the request that deletes the link `index`."""
    message = ifinfmsg()
    message["index"] = index
    return encoded(message, RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK)


def encoded(message: nlmsg, kind: int, flags: int) -> bytes:
    message["header"]["type"] = kind
    message["header"]["flags"] = flags
    message["header"]["sequence_number"] = 1
    message.encode()
    return bytes(message.data)


class UnknownNameError(Exception):
    """A route or rule names a device, table, scope or protocol that this host does not have."""


Index = Callable[[str], int | None]  # the index of a device by its name


def route_message(route: Route, index: Index, add: bool) -> bytes:
    """Return the request that adds or deletes a route. Raises UnknownNameError."""
    message = rtmsg()
    family = socket.AF_INET if route.destination.version == 4 else socket.AF_INET6
    table = _named(RtTablesFile, route.table, "table")
    message["family"], message["dst_len"], message["tos"] = family, route.destination.prefixlen, route.tos
    message["table"] = table if table < RT_TABLE_UNSPEC_ABOVE else 0
    message["type"] = rt_type[route.type]
    message["scope"] = _scope(route)
    message["proto"] = _named(RtProtosFile, route.protocol or str(PROTOCOL_KEEPALIVED), "protocol")
    hops = [_hop(hop, family, index) for hop in route.hops]
    attributes: list[tuple[str, object]] = [("RTA_TABLE", table)]
    if route.destination.prefixlen:
        attributes.append(("RTA_DST", str(route.destination.network_address)))
    if len(hops) == 1:
        attributes += hops[0]["attrs"]
        message["flags"] = hops[0]["flags"]
        if hops[0]["oif"]:
            attributes.append(("RTA_OIF", hops[0]["oif"]))
    elif hops:
        attributes.append(("RTA_MULTIPATH", hops))
    if route.source is not None:
        attributes.append(("RTA_PREFSRC", str(route.source)))
    for name, value in (("RTA_PRIORITY", route.metric), ("RTA_FLOW", route.realms)):
        if value is not None:
            attributes.append((name, value))
    if route.preference is not None:
        attributes.append(("RTA_PREF", ROUTE_PREFERENCES[route.preference]))
    if route.metrics:
        attributes.append(("RTA_METRICS", {"attrs": _metrics(route)}))
    message["attrs"] = attributes
    return _encoded_change(message, RTM_NEWROUTE, RTM_DELROUTE, add)


def _hop(hop: NextHop, family: int, index: Index) -> dict[str, Any]:
    attributes: list[tuple[str, object]] = []
    if hop.gateway is not None:
        through = socket.AF_INET if hop.gateway.version == 4 else socket.AF_INET6
        via = {"family": through, "addr": str(hop.gateway)}
        attributes.append(("RTA_GATEWAY", str(hop.gateway)) if through == family else ("RTA_VIA", via))
    found = index(hop.device) if hop.device is not None else 0
    if found is None:
        raise UnknownNameError(f"interface {hop.device} is missing")
    return {"flags": RTNH_F_ONLINK if hop.onlink else 0, "hops": hop.weight - 1, "oif": found, "attrs": attributes}


def _scope(route: Route) -> int:
    """Return the scope as keepalived chooses it: that of the route's type, or global."""
    if route.scope is not None:
        return SCOPES.get(route.scope, int(route.scope) if route.scope.isdigit() else 0)
    return TYPE_SCOPES.get(route.type, SCOPES["global"]) if route.destination.version == 4 else SCOPES["global"]


def _metrics(route: Route) -> list[tuple[str, int]]:
    found = [(f"RTAX_{name.upper()}", value) for name, value in route.metrics]
    lock = 0
    for name in route.locked:
        lock |= 1 << METRIC_NUMBERS[name]
    return [("RTAX_LOCK", lock), *found] if lock else found


def rule_message(rule: Rule, add: bool) -> bytes:
    """Return the request that adds or deletes a rule. Raises UnknownNameError."""
    message = fibmsg()
    message["family"] = socket.AF_INET6 if rule.six else socket.AF_INET
    message["tos"], message["flags"] = rule.tos, FIB_RULE_INVERT if rule.negated else 0
    attributes: list[tuple[str, object]] = []
    for side, network in (("src", rule.source), ("dst", rule.destination)):
        if network is not None:
            message[f"{side}_len"] = network.prefixlen
            attributes.append((f"FRA_{side.upper()}", str(network.network_address)))
    action = rule.action or ("goto" if rule.goto is not None else "to_tbl")
    message["action"] = RULE_ACTIONS[action]
    if action == "to_tbl" and not rule.l3mdev:
        table = _named(RtTablesFile, rule.table or "main", "table")
        message["table"] = table if table < RT_TABLE_UNSPEC_ABOVE else 0
        attributes.append(("FRA_TABLE", table))
    if rule.mark is not None:
        attributes += [("FRA_FWMARK", rule.mark), ("FRA_FWMASK", rule.mark_mask)]
    spans = (("FRA_UID_RANGE", rule.uids), ("FRA_SPORT_RANGE", rule.source_ports))
    for name, span in (*spans, ("FRA_DPORT_RANGE", rule.destination_ports)):
        if span is not None:
            attributes.append((name, f"{span[0]}:{span[1]}"))
    for name, value in (
        *(("FRA_PRIORITY", rule.preference), ("FRA_GOTO", rule.goto), ("FRA_FLOW", rule.realms)),
        *(("FRA_IIFNAME", rule.input_device), ("FRA_OIFNAME", rule.output_device)),
        *(("FRA_IP_PROTO", rule.ip_protocol), ("FRA_TUN_ID", rule.tunnel)),
        *(("FRA_SUPPRESS_PREFIXLEN", rule.suppress_length), ("FRA_SUPPRESS_IFGROUP", rule.suppress_group)),
        ("FRA_L3MDEV", 1 if rule.l3mdev else None),
    ):
        if value is not None:
            attributes.append((name, value))
    attributes.append(("FRA_PROTOCOL", _named(RtProtosFile, rule.protocol or str(PROTOCOL_KEEPALIVED), "protocol")))
    message["attrs"] = attributes
    return _encoded_change(message, RTM_NEWRULE, RTM_DELRULE, add)


def addition_message(what: Route | Rule, index: Index) -> bytes:
    """Return the request that adds a route or a rule. Raises UnknownNameError."""
    return rule_message(what, add=True) if isinstance(what, Rule) else route_message(what, index, add=True)


def removal_message(what: Route | Rule, index: Index) -> bytes:
    """Return the request that deletes a route or a rule. Raises UnknownNameError."""
    return rule_message(what, add=False) if isinstance(what, Rule) else route_message(what, index, add=False)


def _named(file: type[IPRouteRtFile], name: str, what: str) -> int:
    """Return the number of a name in iproute2's files."""
    if name.isascii() and name.isdigit():
        return int(name)
    built_in = {"table": {"local": 255, "main": 254, "default": 253}, "protocol": dict(rt_proto)}[what].get(name)
    found = built_in if built_in is not None else file().get_rt_id(name, -1)
    if found is None or found < 0:
        raise UnknownNameError(f"{what} {name} is not known on this host")
    return int(found)


def _encoded_change(message: nlmsg, new: int, delete: int, add: bool) -> bytes:
    if add:
        return encoded(message, new, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
    return encoded(message, delete, NLM_F_REQUEST | NLM_F_ACK)
