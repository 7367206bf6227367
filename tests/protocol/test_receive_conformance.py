"""What a router checks before it believes an advert: every requirement both ways, named by its id."""

from __future__ import annotations

from dataclasses import asdict
from ipaddress import ip_address

import pytest

from tests.protocol.routers import (
    LOWER_PEER,
    MS,
    OWN,
    PEER,
    PEER6,
    SECOND,
    VIP,
    advert,
    expected,
    hears,
    lines,
    master,
    read,
    started,
    state_after_refusal,
)
from vrrptui.protocol.advert import Family, Reason
from vrrptui.protocol.checksum import ones_complement, pseudo_header
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.events import AdvertReceived
from vrrptui.protocol.receive import judge

# §5.1: TTL and hop limit

TTL_CASES = [
    pytest.param(3, PEER, 255, True, id="9568-5.1.1.3-2 positive: TTL 255 accepted"),
    *(pytest.param(3, PEER, ttl, False, id=f"9568-5.1.1.3-2 negative: TTL {ttl} refused") for ttl in (0, 1, 64, 254)),
    pytest.param(3, PEER6, 255, True, id="9568-5.1.2.3-2 positive: hop limit 255 accepted"),
    *(
        pytest.param(3, PEER6, ttl, False, id=f"9568-5.1.2.3-2 negative: hop limit {ttl} refused")
        for ttl in (0, 1, 64, 254)
    ),
    pytest.param(3, PEER, 255, True, id="9568-7.1-1 positive: TTL 255 passes the first check"),
    pytest.param(2, PEER, 255, True, id="3768-7.1-1 positive: TTL 255 accepted by v2"),
    pytest.param(2, PEER, 254, False, id="3768-7.1-1 negative: TTL 254 refused by v2"),
]


@pytest.mark.parametrize(("version", "source", "ttl", "accepted"), TTL_CASES)
def test_ttl(version, source, ttl, accepted):
    router = started(version, family=Family.of(source))
    heard = advert(200, source=source, version=version, ttl=ttl)
    if accepted:
        router.handle(10 * MS, AdvertReceived(heard))
        assert router.statistics.advertisement_rcvd == 1
        assert router.state.master == source
    else:
        before, after = state_after_refusal(router, heard)
        assert before == after
        assert router.statistics.ip_ttl_errors == 1


def test_ttl_is_checked_before_any_field_is_believed():
    """9568-7.1-1 negative: TTL 64 with a bad version, type and checksum is refused for its TTL"""
    router = started()
    router.handle(0, AdvertReceived(read(b"\x75\x33\xff\x09\x00\x00\x00\x00", ttl=64)))
    assert (router.statistics.ip_ttl_errors, router.statistics.version_errors) == (1, 0)


def test_unicast_adverts_may_have_travelled():
    """With unicast peers the TTL is not checked, as keepalived has it."""
    router = started(expect={"unicast": True})
    hears(router, 10 * MS, 200, ttl=64, destination=OWN)
    assert router.statistics.advertisement_rcvd == 1


# §7.1: what is refused

GOOD = encode_v3(51, 200, SECOND, (VIP,), PEER, Family.IPV4.group)


def reseal(message: bytearray) -> bytes:
    """`message` with the checksum made right again."""
    message[6:8] = b"\0\0"
    total = ones_complement(pseudo_header(PEER, Family.IPV4.group, len(message)) + bytes(message))
    message[6:8] = total.to_bytes(2, "big")
    return bytes(message)


def broken(at: int, value: int) -> bytes:
    """GOOD with one byte changed."""
    message = bytearray(GOOD)
    message[at] = value
    return reseal(message)


REFUSED = [
    pytest.param(lambda: advert(200, ttl=254), "ip_ttl_errors", id="9568-7.1-10 negative: TTL 254"),
    pytest.param(lambda: read(broken(0, 0x41)), "version_errors", id="9568-7.1-10 negative: version 4"),
    pytest.param(lambda: read(broken(0, 0x32)), "invalid_type_pkts_rcvd", id="9568-7.1-10 negative: type 2"),
    pytest.param(lambda: read(GOOD[:-1]), "packet_length_errors", id="9568-7.1-10 negative: cut by a byte"),
    pytest.param(lambda: read(GOOD[:-1] + b"\x01"), "checksum_errors", id="9568-7.1-10 negative: a wrong sum"),
    pytest.param(lambda: read(broken(1, 52)), "vrid_errors", id="9568-7.1-10 negative: another VRID"),
    pytest.param(
        lambda: advert(200, source=PEER6), "vrid_errors", id="9568-7.1-6 negative: the same VRID in the other family"
    ),
    pytest.param(lambda: read(broken(1, 52)), "vrid_errors", id="9568-7.1-6 negative: a VRID that is not configured"),
    pytest.param(
        lambda: advert(200, version=2), "version_errors", id="9568-8.4.2-1 negative: v2 is refused, mixed mode off"
    ),
    pytest.param(lambda: advert(200, source=OWN), "own_source_rcvd", id="own address as the sender"),
]


@pytest.mark.parametrize(("make", "counter"), REFUSED)
@pytest.mark.parametrize("role", [started, master], ids=["backup", "master"])
def test_a_refused_packet_changes_no_state_and_no_timer(role, make, counter):
    router = role()
    before, after = state_after_refusal(router, make())
    assert before == after
    assert getattr(router.statistics, counter) == 1


def test_a_good_advert_reaches_the_machine():
    """9568-7.1-10 positive: all checks pass and the machine sees it"""
    router = started()
    router.handle(0, AdvertReceived(read(GOOD)))
    assert router.state.master == PEER


def test_the_configured_vrid_is_handled():
    """9568-7.1-6 positive: VRID 51 on its interface and in its family"""
    assert judge(read(GOOD), expected()).refused is None


def test_a_zero_interval_never_becomes_a_timer():
    router = started()
    message = bytearray(GOOD)
    message[4:6] = b"\0\0"
    before, after = state_after_refusal(router, read(reseal(message)))
    assert before == after
    assert router.statistics.interval_errors == 1


LOGGED = [
    pytest.param(3, {"ttl": 64}, id="9568-7.1-11 positive: a failed check is logged with reason and source"),
    pytest.param(
        2, {"ttl": 64, "version": 2}, id="3768-7.1-8 positive: a failed check is logged with reason and source"
    ),
]


@pytest.mark.parametrize(("version", "heard"), LOGGED)
def test_a_refusal_is_logged(version, heard):
    (line,) = lines(hears(started(version), 0, 200, **heard))
    assert str(PEER) in line
    assert "ttl-not-255" in line


@pytest.mark.parametrize(
    ("version", "field"),
    [
        pytest.param(3, {"ttl": 64}, id="9568-7.1-11 negative: a flood is one line, its counter exact"),
        pytest.param(2, {"ttl": 64}, id="3768-7.1-8 negative: a flood is one line, its counter exact"),
        pytest.param(2, {"interval_ns": 2 * SECOND}, id="3768-7.1-14 negative: a flood is one line"),
    ],
)
def test_a_flood_does_not_fill_the_log(version, field):
    router = started(version)
    said = [lines(hears(router, at * MS, 200, version=version, **field)) for at in range(1000)]
    assert sum(map(len, said)) == 1
    assert router.statistics.ip_ttl_errors + router.statistics.interval_errors == 1000


def test_a_flood_from_everywhere_does_not_fill_the_log():
    """9568-7.1-11 negative: a thousand sources do not make a thousand lines, and after a minute there is room again"""
    router = started()
    sources = [ip_address(0x0A010000 + number) for number in range(1000)]
    said = [lines(hears(router, number * MS, 200, ttl=64, source=source)) for number, source in enumerate(sources)]
    assert sum(map(len, said)) == 256
    assert router.statistics.ip_ttl_errors == 1000
    assert lines(hears(router, 61 * SECOND, 200, ttl=64, source=sources[-1]))


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-7.1-12 positive: each reason has its counter"),
        pytest.param(2, id="3768-7.1-9 positive: each reason has its counter"),
    ],
)
def test_network_management_can_count(version):
    router = started(version)
    hears(router, 0, 200, version=version, ttl=1)
    assert router.statistics.ip_ttl_errors == 1


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-7.1-12 negative: a good advert raises no error counter"),
        pytest.param(2, id="3768-7.1-9 negative: a good advert raises no error counter"),
    ],
)
def test_a_good_advert_is_no_error(version):
    router = started(version)
    assert lines(hears(router, 0, 200, version=version)) == []
    grown = {name: count for name, count in asdict(router.statistics).items() if count}
    assert grown == {"advertisement_rcvd": 1}


def test_an_owner_reports_another_owner():
    """9568-7.1-13 positive: one line, and the advert is processed: the smaller address yields"""
    router = started(priority=255)
    said = lines(hears(router, 0, 255, source=PEER))
    assert any("both configured as address owner" in line for line in said)
    assert router.state_name == "backup"
    assert lines(hears(started(priority=255), 0, 255, source=LOWER_PEER))


def test_nobody_else_reports_an_owner():
    """9568-7.1-13 negative: a router that is not the owner logs nothing about priority 255"""
    assert lines(hears(started(), 0, 255)) == []


def test_a_differing_interval_is_said():
    """9568-7.1-14 positive: logged and counted, and the advert is accepted"""
    router = started()
    (line,) = lines(hears(router, 0, 200, interval_ns=2 * SECOND))
    assert "mine=1 s rcv'd=2 s" in line
    assert (router.statistics.interval_errors, router.state.master) == (1, PEER)


def test_an_equal_interval_is_not():
    """9568-7.1-14 negative: equal intervals are silent"""
    assert lines(hears(started(), 0, 200)) == []


BOTH = (VIP, OWN)
LISTS = [
    pytest.param(3, id="9568-7.1-15 positive: the same set in another order is silent"),
    pytest.param(2, id="3768-7.1-10 positive: the same set in another order is silent"),
]


@pytest.mark.parametrize("version", LISTS)
def test_lists_are_sets(version):
    router = started(version, expect={"addresses": BOTH})
    assert lines(hears(router, 0, 200, version=version, addresses=BOTH[::-1])) == []


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-7.1-15 negative: another set is found and its difference shown"),
        pytest.param(3, id="9568-7.1-16 positive: counted, and the advert is processed"),
        pytest.param(2, id="3768-7.1-10 negative: another set is found"),
        pytest.param(2, id="3768-7.1-11 positive: the difference is shown"),
    ],
)
def test_a_differing_list_is_said(version):
    router = started(version)
    (line,) = lines(hears(router, 0, 200, version=version, addresses=(OWN,)))
    assert f"only there {OWN}; only here {VIP}" in line
    assert (router.statistics.address_list_errors, router.state.master) == (1, PEER)


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(3, id="9568-7.1-16 negative: equal lists are silent"),
        pytest.param(2, id="3768-7.1-11 negative: equal lists are silent"),
    ],
)
def test_equal_lists_are_silent(version):
    router = started(version)
    assert lines(hears(router, 0, 200, version=version)) == []
    assert router.statistics.address_list_errors == 0


# RFC 3768 §7.1

V2_CHECKS = [
    pytest.param({}, {}, None, id="3768-7.1-5 positive: a router that owns nothing handles it"),
    pytest.param(
        {"owner": True, "owner_ignores": True},
        {},
        Reason.LOCAL_OWNER,
        id="3768-7.1-5 positive: a strict owner discards",
    ),
    pytest.param({"vrid": 52}, {}, Reason.BAD_VRID, id="3768-7.1-5 negative: a VRID that is not configured"),
    pytest.param({"owner": True}, {}, None, id="3768-7.1-5 negative: by default an owner handles it, as keepalived"),
    pytest.param(
        {"auth_type": 1, "auth_password": b"secret"},
        {"auth_type": 1, "auth_data": b"secret"},
        None,
        id="3768-7.1-6 positive: the same type and password",
    ),
    pytest.param({"auth_type": 1}, {}, Reason.AUTH_MISMATCH, id="3768-7.1-6 negative: none where PASS is configured"),
    pytest.param(
        {}, {"auth_type": 1, "auth_data": b"secret"}, Reason.AUTH_MISMATCH, id="3768-7.1-6 negative: PASS where none is"
    ),
    pytest.param({}, {}, None, id="3768-5.3.6-1 positive: type 0 without authentication"),
    pytest.param({}, {"auth_type": 1}, Reason.AUTH_MISMATCH, id="3768-5.3.6-1 negative: type 1"),
    pytest.param({}, {"auth_type": 2}, Reason.AUTH_MISMATCH, id="3768-5.3.6-1 negative: type 2"),
    pytest.param({}, {"auth_type": 3}, Reason.BAD_AUTH_TYPE, id="3768-5.3.6-1 negative: type 3"),
    pytest.param({}, {"auth_type": 128}, Reason.BAD_AUTH_TYPE, id="3768-5.3.6-1 negative: type 128"),
    pytest.param({}, {"auth_data": b"anything"}, None, id="3768-5.3.10-1 positive: data of type 0 is ignored"),
    pytest.param(
        {"auth_type": 1, "auth_password": b"secret"},
        {"auth_type": 1, "auth_data": b"anything"},
        Reason.AUTH_FAILURE,
        id="3768-5.3.10-1 negative: data of type 1 is not",
    ),
    pytest.param(
        {"strict_list": True},
        {"priority": 255, "addresses": (OWN,)},
        None,
        id="3768-7.1-12 positive: from the owner it counts",
    ),
    pytest.param(
        {"strict_list": True}, {"addresses": (OWN,)}, Reason.ADDRESS_LIST, id="3768-7.1-12 negative: else it is dropped"
    ),
    pytest.param({}, {"interval_ns": SECOND}, None, id="3768-7.1-13 positive: an equal interval"),
    pytest.param(
        {}, {"interval_ns": 2 * SECOND}, Reason.INTERVAL_MISMATCH, id="3768-7.1-13 negative: another interval"
    ),
]


@pytest.mark.parametrize(("expect", "heard", "refused"), V2_CHECKS)
def test_v2_receive_checks(expect, heard, refused):
    assert judge(advert(**{"priority": 200, "version": 2} | heard), expected(2, **expect)).refused is refused


def test_a_v2_interval_difference_is_said_with_both_values():
    """3768-7.1-14 positive: the line has both values"""
    (line,) = lines(hears(started(2), 0, 200, version=2, interval_ns=2 * SECOND))
    assert "mine=1 s rcv'd=2 s" in line


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ttl": 254}, id="3768-7.1-7 negative: TTL"),
        pytest.param({"vrid": 52}, id="3768-7.1-7 negative: VRID"),
        pytest.param({"auth_type": 1}, id="3768-7.1-7 negative: authentication type"),
        pytest.param({"interval_ns": 3 * SECOND}, id="3768-7.1-7 negative: interval"),
    ],
)
@pytest.mark.parametrize("role", [started, master], ids=["backup", "master"])
def test_a_refused_v2_advert_changes_nothing(role, change):
    router = role(2)
    before, after = state_after_refusal(router, advert(200, version=2, **change))
    assert before == after


def test_a_good_v2_advert_is_handled():
    """3768-7.1-7 positive: all checks pass and the machine sees it"""
    router = started(2)
    hears(router, 0, 200, version=2)
    assert router.state.master == PEER


def test_a_password_is_never_logged():
    secret = b"s3cr3t-x"
    router = started(2, expect={"auth_type": 1, "auth_password": secret})
    said = lines(hears(router, 0, 200, version=2, auth_type=1, auth_data=b"other"))
    assert said
    assert not any("s3cr3t" in line or "other" in line for line in said)
