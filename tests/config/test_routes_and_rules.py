"""Lines of routes and rules: what each word sets, and what each bad one is told."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.config.config_texts import Load, instance, route, rule, said
from vrrptui.config.model.configuration import NextHop

GATEWAY = ip_address("10.0.0.2")


@pytest.mark.parametrize(
    "line, field, value",
    [
        ("10.1.0.0/16 dev e", "destination", ip_network("10.1.0.0/16")),
        ("10.1.0.7/16 dev e", "destination", ip_network("10.1.0.0/16")),
        ("to 10.1.0.1 dev e", "destination", ip_network("10.1.0.1/32")),
        ("default via 10.0.0.2", "destination", ip_network("0.0.0.0/0")),
        ("default via fe80::2 dev e", "destination", ip_network("::/0")),
        ("inet6 default dev e", "destination", ip_network("::/0")),
        ("default via 10.0.0.2 dev e", "hops", (NextHop(GATEWAY, "e"),)),
        ("default gw 10.0.0.2", "hops", (NextHop(GATEWAY),)),
        ("default via inet6 fe80::2 dev e onlink", "hops", (NextHop(ip_address("fe80::2"), "e", onlink=True),)),
        (
            "default nexthop via 10.0.0.2 dev e weight 2 nexthop dev f",
            "hops",
            (NextHop(GATEWAY, "e", 2), NextHop(device="f")),
        ),
        ("default via 10.0.0.2 or 10.0.0.3", "hops", (NextHop(GATEWAY), NextHop(ip_address("10.0.0.3")))),
        ("blackhole 10.1.0.0/16", "type", "blackhole"),
        ("src 10.0.0.9 to 10.1.0.0/16 dev e", "source", ip_address("10.0.0.9")),
        ("10.1.0.0/16 dev e table 100", "table", "100"),
        ("10.1.0.0/16 dev e", "table", "main"),
        ("10.1.0.0/16 dev e metric 7", "metric", 7),
        ("10.1.0.0/16 dev e preference 7", "metric", 7),
        ("10.1.0.0/16 dev e scope link", "scope", "link"),
        ("10.1.0.0/16 dev e tos 0x10", "tos", 16),
        ("10.1.0.0/16 dev e realms 3/4", "realms", 3 << 16 | 4),
        ("10.1.0.0/16 dev e mtu lock 1400 window 5", "metrics", (("mtu", 1400), ("window", 5))),
        ("10.1.0.0/16 dev e mtu lock 1400", "locked", ("mtu",)),
        ("10.1.0.0/16 dev e rtt 3ms rttvar 3", "metrics", (("rtt", 24), ("rttvar", 3))),
        ("10.1.0.0/16 dev e no_track", "tracked", False),
        ("10.1.0.0/16 dev e track_group g", "track_group", "g"),
    ],
)
def test_a_word_of_a_route_sets_its_value(line: str, field: str, value: Any) -> None:
    assert getattr(route(line), field) == value


@pytest.mark.parametrize(
    "line, field, value",
    [
        ("from 10.1.0.0/16 table 5", "source", ip_network("10.1.0.0/16")),
        ("from all table 5", "source", None),
        ("to 2001:db8::/32 table 5", "six", True),
        ("inet6 iif e table 5", "six", True),
        ("not from 10.1.0.0/16 table 5", "negated", True),
        ("iif e oif f lookup 5", "input_device", "e"),
        ("iif e oif f lookup 5", "output_device", "f"),
        ("fwmark 0x10/0xff table 5", "mark_mask", 255),
        ("fwmark 16 table 5", "mark", 16),
        ("from all table 5 priority 9", "preference", 9),
        ("from all blackhole", "action", "blackhole"),
        ("from all goto 9", "goto", 9),
        ("uidrange 1-5 table 5", "uids", (1, 5)),
        ("ipproto tcp dport 80 table 5", "destination_ports", (80, 80)),
        ("ipproto udp sport 80-90 table 5", "ip_protocol", 17),
        ("from all table 5 realms 6", "realms", 6),
        ("from all table 5 suppress_prefixlength 0", "suppress_length", 0),
        ("l3mdev preference 3", "l3mdev", True),
    ],
)
def test_a_word_of_a_rule_sets_its_value(line: str, field: str, value: Any) -> None:
    assert getattr(rule(line), field) == value


@pytest.mark.parametrize(
    "block, line, finding",
    [
        ("virtual_routes", "dev e", "error bad-value"),
        ("virtual_routes", "nonsense dev e", "error bad-address"),
        ("virtual_routes", "10.1.0.0/16 foo e", "error bad-value"),
        ("virtual_routes", "10.1.0.0/16 via", "error missing-value"),
        ("virtual_routes", "10.1.0.0/16 dev e tos 300", "error bad-value"),
        ("virtual_routes", "10.1.0.0/16 dev e scope far", "error bad-value"),
        ("virtual_routes", "10.1.0.0/16 dev e hoplimit 256", "error bad-value"),
        ("virtual_routes", "10.1.0.0/16 nexthop dev e weight 257", "error bad-value"),
        ("virtual_routes", "10.1.0.0/16 dev e nexthop dev f", "error bad-value"),
        ("virtual_routes", "10.1.0.0/16 dev e encap mpls 5", "warning not-supported-yet"),
        ("virtual_routes", "10.1.0.0/16 via 10.0.0.2 or 10.0.0.3", "warning deprecated"),
        ("virtual_rules", "10.1.0.0/16 table 5", "error bad-value"),
        ("virtual_rules", "from 10.1.0.0/16 table 5 foo", "error bad-value"),
        ("virtual_rules", "from nonsense table 5", "error bad-address"),
        ("virtual_rules", "from 10.1.0.0/16 to 2001:db8::/32 preference 3", "error mixed-families"),
        ("virtual_rules", "uidrange 5-1 preference 3", "error bad-value"),
        ("virtual_rules", "tun_id 0x10000000000000000 preference 3", "error bad-value"),  # more than 64 bits
        ("virtual_routes", "10.1.0.0/16 dev e scope 000000000999", "error bad-value"),
        ("virtual_rules", "from 10.1.0.0/16 table 5", "warning rule-without-preference"),
    ],
)
def test_a_bad_line_is_one_finding_at_its_place(load_text: Load, block: str, line: str, finding: str) -> None:
    (found,) = said(load_text(instance(f"{block} {{\n{line}\n}}")))
    assert found.rpartition(" ")[0] == finding
    assert found.split()[-1].startswith("8:")
