"""What an engine sends, an engine of the same configuration hears: every advert of drawn, accepted configurations."""

from __future__ import annotations

import random
from ipaddress import ip_address

import pytest

from vrrptui.config.load import load
from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.engine.vrrp.identity import settings_of
from vrrptui.engine.vrrp.packets import advert_messages
from vrrptui.protocol.advert import PROTOCOL_VRRP, TTL, Advert, Checksum, Family, Packet
from vrrptui.protocol.authentication import AUTH_TYPE_AH, sign
from vrrptui.protocol.codec import decode
from vrrptui.protocol.frame import parse_ip
from vrrptui.protocol.receive import judge

SEEDS = range(8)
DRAWN = 150  # configurations a seed
SOURCES = {Family.IPV4: ip_address("10.0.0.7"), Family.IPV6: ip_address("fe80::7")}
OWN = {Family.IPV4: ip_address("10.0.0.8"), Family.IPV6: ip_address("fe80::8")}
ADDRESSES = {
    Family.IPV4: ["10.0.0.100", "10.0.0.101/24", "172.16.0.1/30 dev eth1"],
    Family.IPV6: ["2001:db8::100/64", "fe80::100", "fd00::1/128", "2001:db8::101 dev eth1"],
}
PEERS = {Family.IPV4: ["10.0.0.7", "10.0.0.9"], Family.IPV6: ["fe80::7", "2001:db8::9"]}


def drawn(chance: random.Random) -> str:
    """A vrrp_instance, perhaps one that is refused."""
    family = chance.choice(list(Family))
    lines = [f"state {chance.choice(['MASTER', 'BACKUP'])}", "interface eth0", f"priority {chance.randint(1, 255)}"]
    lines.append(f"virtual_router_id {chance.choice([1, 51, 255])}")
    version = chance.choice([2, 3])
    lines.append(f"version {version}")
    lines.append(f"advert_int {chance.choice([1, 3, 255] if version == 2 else [0.01, 0.25, 1, 40.95])}")
    some = chance.sample(ADDRESSES[family], chance.randint(0, len(ADDRESSES[family])))
    lines.append("virtual_ipaddress {\n" + "\n".join(some) + "\n}")
    if chance.random() < 0.3:
        lines.append("virtual_ipaddress_excluded {\n10.9.0.1\n2001:db8:9::1\n}")
    if chance.random() < 0.4:
        lines.append("unicast_peer {\n" + "\n".join(PEERS[family]) + "\n}")
        lines += chance.sample(["check_unicast_src", "unicast_ttl 64", "old_unicast_checksum"], chance.randint(0, 2))
    if chance.random() < 0.4:
        kind = chance.choice(["PASS", "AH"])
        lines.append(f"authentication {{\nauth_type {kind}\nauth_pass {'x' * chance.randint(1, 9)}\n}}")
    lines += [word for word in ("v3_checksum_as_v2", "strict_mode", "native_ipv6") if chance.random() < 0.2]
    return "vrrp_instance VI {\n" + "\n".join(lines) + "\n}\n"


def adverts(config: VirtualRouterConfig, form: Checksum) -> list[Advert]:
    """What such a router sends, as a peer reads it."""
    source, found = SOURCES[config.family], []
    for priority in {0, 1, config.priority}:
        for message, to in advert_messages(config, source, priority, config.checksum_sent or form):
            if config.auth_type == AUTH_TYPE_AH:
                packet = parse_ip(sign(message, source, to, 7, 7, config.auth_password))
                assert packet is not None
            else:
                facts = {"ttl": TTL, "protocol": PROTOCOL_VRRP, "length": len(message)}
                packet = Packet(source=source, destination=to, payload=message, **facts)
            found.append(decode(packet))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_what_an_accepted_configuration_sends_is_heard(seed, tmp_path):
    chance, file, tried = random.Random(seed), tmp_path / "keepalived.conf", 0
    for _ in range(DRAWN):
        text = drawn(chance)
        file.write_text(text)
        loaded = load(str(file), "host")
        for config in loaded.configuration.routers if loaded.configuration else ():
            expected = settings_of(config).expected
            for form in (Checksum.MESSAGE, Checksum.PSEUDO_HEADER):
                for advert in adverts(config, form):
                    judged = judge(advert, expected, OWN[config.family])
                    ignored = expected.owner and expected.owner_ignores
                    assert judged.refused is None or ignored, f"{judged.refused}\n{text}"
                    tried += 1
    assert tried > DRAWN, "few were accepted"
