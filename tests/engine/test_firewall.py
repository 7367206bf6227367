"""What a firewall's rules make of an advert: dropped for certain, or not told."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from vrrptui.engine.doctor.firewall import Drop, FirewallUnreadableError, Probe, find_drop

ACCEPT, DROP = {"accept": None}, {"drop": None}
RULE = Drop("inet f i", "a rule")
POLICY = Drop("inet f i", "its policy")


def probe(destination: str = "224.0.0.18", inbound: bool = True, protocol: int = 112) -> Probe:
    return Probe("eth0", ip_address(destination), inbound, protocol)


def match(left: dict, right: object, op: str = "==") -> dict:
    return {"match": {"op": op, "left": left, "right": right}}


def ruleset(*rules: list[dict], policy: str = "accept", family: str = "inet", hook: str = "input", other=()) -> str:
    own = {"family": family, "table": "f"}
    items: list[dict] = [
        {"chain": {**own, "name": "i", "hook": hook, "policy": policy}},
        {"chain": {**own, "name": "other"}},
    ]
    items += [{"rule": {**own, "chain": "i", "expr": rule}} for rule in rules]
    items += [{"rule": {**own, "chain": "other", "expr": rule}} for rule in other]
    return json.dumps({"nftables": items})


L4 = {"meta": {"key": "l4proto"}}
IN, OUT = {"meta": {"key": "iifname"}}, {"meta": {"key": "oifname"}}
STATE = {"ct": {"key": "state"}}
TO = {"payload": {"protocol": "ip", "field": "daddr"}}
FROM = {"payload": {"protocol": "ip", "field": "saddr"}}
PORT = {"payload": {"protocol": "tcp", "field": "dport"}}
PROTOCOL = {"payload": {"protocol": "ip", "field": "protocol"}}
ESTABLISHED = [match(STATE, ["established", "related"], "in"), ACCEPT]
STATES = {"vmap": {"key": STATE, "data": {"set": [["established", ACCEPT], ["invalid", DROP]]}}}


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (ruleset(), None),
        (ruleset(policy="drop"), POLICY),
        (ruleset(policy="drop", family="ip6"), None),
        (ruleset(policy="drop", family="bridge"), None),
        (ruleset(policy="drop", hook="forward"), None),
        (ruleset(policy="drop", hook="output"), None),
        (ruleset([DROP]), RULE),
        (ruleset([{"reject": None}]), RULE),
        (ruleset([{"counter": {}}, {"log": None}, DROP]), RULE),
        (ruleset([match(L4, "vrrp"), DROP]), RULE),
        (ruleset([match(L4, 112), DROP]), RULE),
        (ruleset([match(L4, {"set": ["ah", "vrrp"]}), DROP]), RULE),
        (ruleset([match(L4, "tcp", "!="), DROP]), RULE),
        (ruleset([match(L4, "tcp"), DROP]), None),
        (ruleset([match(PROTOCOL, "vrrp"), DROP]), RULE),
        (ruleset([match(TO, {"prefix": {"addr": "224.0.0.0", "len": 4}}), DROP]), RULE),
        (ruleset([match(TO, {"prefix": {"addr": "10.0.0.0", "len": 8}}), DROP]), None),
        (ruleset([match(PORT, 22), ACCEPT], policy="drop"), POLICY),
        (ruleset([match(IN, "eth0"), DROP]), RULE),
        (ruleset([match(IN, "eth*"), DROP]), RULE),
        (ruleset([match(IN, "lo"), ACCEPT], policy="drop"), POLICY),
        (ruleset(ESTABLISHED, policy="drop"), POLICY),
        (ruleset([STATES], policy="drop"), POLICY),
        (ruleset([match(L4, "vrrp"), ACCEPT], [DROP]), None),
        (ruleset([match(L4, "vrrp"), ACCEPT], policy="drop"), None),
        # What cannot be known of the packet drops nothing, and may accept.
        (ruleset([match(FROM, "192.0.2.1"), DROP]), None),
        (ruleset([match(FROM, "192.0.2.1"), ACCEPT], policy="drop"), None),
        (ruleset([match(L4, "@allowed"), ACCEPT], [DROP]), None),
        (ruleset([{"limit": {"rate": 1}}, ACCEPT], [DROP]), None),
        (ruleset([match(FROM, "192.0.2.1"), {"return": None}], [DROP]), None),
        # Other chains.
        (ruleset([{"jump": {"target": "other"}}], other=[[DROP]]), RULE),
        (ruleset([{"jump": {"target": "other"}}], [DROP], other=[[ACCEPT]]), None),
        (ruleset([{"jump": {"target": "other"}}], [DROP], other=[[{"return": None}]]), RULE),
        (ruleset([{"goto": {"target": "other"}}], [DROP], other=[]), None),
        (ruleset([{"jump": {"target": "i"}}], [DROP]), None),
    ],
)
def test_nft_drops_an_advert_only_where_it_is_certain(rules, found):
    assert find_drop("nft", rules, probe()) == found


@pytest.mark.parametrize(
    ("one", "rules", "dropped"),
    [
        (probe(protocol=51), ruleset([match(L4, "vrrp"), ACCEPT], policy="drop"), True),
        (probe(protocol=51), ruleset([match(L4, "ah"), ACCEPT], policy="drop"), False),
        (probe("ff02::12"), ruleset([match(TO, "224.0.0.18"), ACCEPT], policy="drop"), True),
        (probe("ff02::12"), ruleset(policy="drop", family="ip6"), True),
        (probe(inbound=False), ruleset(policy="drop", hook="output"), True),
        (probe(inbound=False), ruleset([match(OUT, "eth0"), ACCEPT], policy="drop", hook="output"), False),
        (probe("192.0.2.7"), ruleset([match(TO, "192.0.2.7"), DROP]), True),
    ],
)
def test_the_kind_of_advert_counts(one, rules, dropped):
    assert (find_drop("nft", rules, one) is not None) is dropped


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nftables": [{"chain": {}}]}', '{"nftables": 7}'])
def test_a_list_that_is_none_is_said(text):
    with pytest.raises(FirewallUnreadableError):
        find_drop("nft", text, probe())


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([], None),
        ([":INPUT DROP [0:0]"], Drop("filter INPUT", "its policy")),
        ([":INPUT DROP [0:0]", "-A INPUT -i lo -j ACCEPT"], Drop("filter INPUT", "its policy")),
        ([":INPUT DROP [0:0]", "-A INPUT -p vrrp -j ACCEPT"], None),
        ([":INPUT DROP [0:0]", "-A INPUT -d 224.0.0.0/8 ! -i eth1 -j ACCEPT"], None),
        ([":INPUT DROP [0:0]", "-A INPUT -d 224.0.0.0/8 ! -i eth0 -j ACCEPT"], Drop("filter INPUT", "its policy")),
        (["-A INPUT -p 112 -j DROP"], Drop("filter INPUT", "a rule")),
        (["-A INPUT ! -p tcp -j REJECT --reject-with icmp-port-unreachable"], Drop("filter INPUT", "a rule")),
        (["-A INPUT -p tcp -m tcp --dport 22 -j DROP"], None),
        (["-A INPUT -m state --state ESTABLISHED -j ACCEPT", "-A INPUT -j DROP"], Drop("filter INPUT", "a rule")),
        (["-A INPUT -s 192.0.2.1/32 -j DROP"], None),
        (["-A INPUT -j elsewhere", "-A INPUT -j DROP"], None),
        (["-A OUTPUT -j DROP"], None),
    ],
)  # fmt: skip
def test_iptables_drops_an_advert_only_where_it_is_certain(lines, found):
    assert (
        find_drop("iptables", "\n".join(["*nat", ":INPUT DROP [0:0]", "*filter", *lines, "COMMIT"]), probe()) == found
    )
