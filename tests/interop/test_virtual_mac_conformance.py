"""Who answers for a virtual address with which MAC address: one setting, looked at from a third host."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest

from tests.interop.dialects import V2_PASS, V3_IPV4, V3_IPV6, Dialect
from tests.interop.segment_lab import SegmentLab, segment_lab
from vrrptui.protocol.advert import Family, virtual_mac

pytestmark = pytest.mark.skipif(shutil.which("arping") is None, reason="arping is not installed")
MEMBERS: tuple[tuple[Dialect, int], ...] = ((V3_IPV4, 51), (V3_IPV4, 52), (V2_PASS, 53), (V3_IPV6, 61), (V3_IPV6, 62))
Answers = dict[int, list[str]]  # by VRID: the MAC address of every answer


def mac_of(vrid: int) -> str:
    family = Family.IPV6 if vrid > 60 else Family.IPV4
    return virtual_mac(family, vrid).hex(":")


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> Iterator[Answers]:
    """What the client is answered, one request an address, while r1 is master of all."""
    with segment_lab(tmp_path_factory.mktemp("virtual-mac")) as lab:
        use = "    use_vmac\n    version {}\n"
        blocks = [d.configuration(150, (vrid,), use.format(d.version)) for d, vrid in MEMBERS]
        lab.vrrptui("r1", "\n".join(block.replace("vrrp_version 2", "vrrp_version 3") for block in blocks))
        wanted = {bytes.fromhex(mac_of(vrid).replace(":", "")) for _, vrid in MEMBERS}

        def all_speak() -> bool:
            lab.listen()
            return wanted <= {seen.source_mac for seen in lab.adverts}

        lab.wait_for(all_speak)
        lab.shell("client", "ip addr add 2001:db8::99/64 dev eth0 nodad")
        yield {vrid: asked(lab, dialect.vip(vrid), vrid) for dialect, vrid in MEMBERS}


def asked(lab: SegmentLab, address: str, vrid: int) -> list[str]:
    if vrid <= 60:
        printed = lab.shell("client", f"arping -b -c 1 -w 1 -I eth0 {address}", check=False)
        return [mac.lower() for mac in re.findall(r"\[([0-9A-Fa-f:]{17})\]", printed)]
    command = (
        "timeout 3 tcpdump -nn -e -v -l -i eth0 'icmp6 and ip6[40] == 136' 2>/dev/null & "
        f"sleep 0.7; ping -6 -c 1 -W 1 2001:db8::{vrid} >/dev/null 2>&1; wait"
    )
    printed = lab.shell("client", command, check=False)
    about = [
        one
        for one in re.split(r"\n(?=\d\d:\d\d:)", printed)
        if f"tgt is 2001:db8::{vrid}" in one and "solicited" in one
    ]
    return re.findall(r"destination link-address option.*?: ([0-9a-f:]{17})", "\n".join(about))


IPV4 = [
    pytest.param((51, 52), id="9568-8.1.2-1 positive: ARP answers carry the virtual MAC"),
    pytest.param((53,), id="3768-8.2-1 positive: ARP answers carry the virtual MAC"),
    pytest.param((61, 62), id="9568-8.2.2-1 positive: answers to solicitations carry the virtual MAC"),
]


@pytest.mark.parametrize("vrids", IPV4)
def test_answers_carry_the_virtual_mac(answers, vrids):
    assert {vrid: set(answers[vrid]) for vrid in vrids} == {vrid: {mac_of(vrid)} for vrid in vrids}


OTHERS = [
    pytest.param(51, 52, id="9568-8.1.2-1 negative: an answer never carries another VRID's MAC"),
    pytest.param(53, 51, id="3768-8.2-1 negative: an answer never carries another VRID's MAC"),
    pytest.param(61, 62, id="9568-8.2.2-1 negative: an answer never carries another VRID's MAC"),
]


@pytest.mark.parametrize(("vrid", "other"), OTHERS)
def test_no_answer_carries_another_mac(answers, vrid, other):
    assert answers[vrid]
    assert mac_of(other) not in answers[vrid]


ONCE = [
    pytest.param(51, id="9568-8.1.2-2 positive: exactly one answer a request"),
    pytest.param(53, id="3768-8.2-2 positive: exactly one answer a request"),
    pytest.param(61, id="9568-8.2.2-2 positive: exactly one answer a solicitation"),
]


@pytest.mark.parametrize("vrid", ONCE)
def test_there_is_one_answer(answers, vrid):
    assert len(answers[vrid]) == 1


SILENT = [
    pytest.param(51, id="9568-8.1.2-2 negative: the interface below is silent for the address"),
    pytest.param(53, id="3768-8.2-2 negative: the interface below is silent for the address"),
    pytest.param(61, id="9568-8.2.2-2 negative: the interface below is silent for the address"),
]


@pytest.mark.parametrize("vrid", SILENT)
def test_the_physical_mac_answers_nothing(answers, vrid):
    virtual = ("00:00:5e:00:01", "00:00:5e:00:02")
    assert [mac for mac in answers[vrid] if not mac.startswith(virtual)] == []
