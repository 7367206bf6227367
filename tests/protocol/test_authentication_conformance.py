"""Passwords of version 2 (RFC 2338, kept for keepalived's sake): every requirement both ways, named by its id."""

from __future__ import annotations

import pytest

from tests.protocol.routers import (
    MS,
    OWN,
    PEER,
    VIP,
    advert,
    effects,
    expected,
    hears,
    lines,
    started,
    state_after_refusal,
)
from vrrptui.protocol.advert import NS_PER_SECOND, Auth, Reason
from vrrptui.protocol.codec import encode_v2
from vrrptui.protocol.receive import judge

WITH_PASS = {"auth_type": 1, "auth_password": b"secret"}
PASS = {"auth_type": 1, "auth_data": b"secret"}


def sent(auth_type: int = 0, auth_data: bytes = b"", priority: int = 100) -> bytes:
    return encode_v2(51, priority, NS_PER_SECOND, (VIP,), auth_type, auth_data)


def refusal(expect: dict, heard: dict) -> Reason | None:
    return judge(advert(**{"priority": 200, "version": 2} | heard), expected(2, **expect)).refused


TYPES = [
    pytest.param({}, {}, None, id="2338-5.3.6-1 positive: none with none"),
    pytest.param(WITH_PASS, PASS, None, id="2338-5.3.6-1 positive: PASS with PASS"),
    pytest.param({}, PASS, Reason.AUTH_MISMATCH, id="2338-5.3.6-1 negative: PASS where none is configured"),
    pytest.param(WITH_PASS, {}, Reason.AUTH_MISMATCH, id="2338-5.3.6-1 negative: none where PASS is configured"),
    pytest.param(
        WITH_PASS,
        {"auth_type": 2, "auth_data": b"secret"},
        Reason.AUTH_MISMATCH,
        id="2338-5.3.6-1 negative: the type of AH where PASS is configured",
    ),
    pytest.param({}, {"auth_type": 2}, Reason.AUTH_MISMATCH, id="2338-5.3.6-1 negative: the type of AH alone"),
    pytest.param({}, {"auth_type": 3}, Reason.BAD_AUTH_TYPE, id="2338-5.3.6-1 negative: an undefined type"),
    pytest.param({}, {"auth_data": b"anything"}, None, id="2338-5.3.6.1-1 positive: data of type 0 is ignored"),
    pytest.param(
        WITH_PASS,
        {"auth_type": 1, "auth_data": b"anything"},
        Reason.AUTH_FAILURE,
        id="2338-5.3.6.1-1 negative: data of type 1 is not ignored",
    ),
    pytest.param(WITH_PASS, PASS, None, id="2338-5.3.6.2-2 positive: the own password"),
    *(
        pytest.param(
            WITH_PASS,
            {"auth_type": 1, "auth_data": data},
            Reason.AUTH_FAILURE,
            id=f"2338-5.3.6.2-2 negative: {words}",
        )
        for words, data in {
            "one byte off": b"secreT",
            "shorter": b"secre",
            "longer": b"secrets",
            "in capitals": b"SECRET",
            "empty": b"",
        }.items()
    ),
    pytest.param(WITH_PASS, PASS, None, id="2338-7.1-1 positive: the right password passes"),
    pytest.param(
        WITH_PASS,
        {"auth_type": 1, "auth_data": b"wrong", "vrid": 52},
        Reason.AUTH_FAILURE,
        id="2338-7.1-1 negative: a wrong password is judged before the VRID",
    ),
    pytest.param(
        WITH_PASS,
        {"auth_type": 1, "auth_data": b"wrong", "interval_ns": 2 * NS_PER_SECOND},
        Reason.AUTH_FAILURE,
        id="2338-7.1-1 negative: a wrong password is judged before the interval",
    ),
]


@pytest.mark.parametrize(("expect", "heard", "refused"), TYPES)
def test_authentication_is_judged(expect, heard, refused):
    assert refusal(expect, heard) is refused


def test_type_0_sends_zeros():
    """2338-5.3.6.1-1 positive: without authentication the data is 0"""
    assert sent()[4] == 0
    assert sent()[-8:] == bytes(8)


@pytest.mark.parametrize(
    ("password", "data"),
    [
        pytest.param(b"12345678", b"12345678", id="2338-5.3.6.2-1 positive: 8 characters fill the data"),
        pytest.param(b"x", b"x\0\0\0\0\0\0\0", id="2338-5.3.10-1 positive: 1 character and zeros"),
        pytest.param(b"secret", b"secret\0\0", id="2338-5.3.10-1 positive: 6 characters and zeros"),
        pytest.param(b"12345678", b"12345678", id="2338-5.3.10-1 positive: 8 characters"),
    ],
)
def test_the_password_is_sent(password, data):
    message = sent(1, password)
    assert (message[4], message[-8:]) == (1, data)


def test_a_resignation_is_authenticated():
    """2338-5.3.6.2-1 negative: priority 0 is not sent without the password"""
    assert sent(1, b"secret", priority=0)[-8:] == b"secret\0\0"


def test_a_longer_password_is_not_sent():
    """2338-5.3.10-1 negative: 9 characters cannot be encoded"""
    with pytest.raises(ValueError, match="at most 8 bytes"):
        sent(1, b"123456789")


def test_a_wrong_password_changes_nothing():
    """2338-7.1-1 negative: nothing is learned from a wrong password, and one counter grows"""
    router = started(2, expect=WITH_PASS)
    before, after = state_after_refusal(router, advert(200, version=2, auth_type=1, auth_data=b"wrong"))
    assert before == after
    assert router.statistics.auth_failures == 1


def test_a_wrong_password_is_logged_without_it():
    """2338-7.1-2 positive: the log line has the source, and neither password"""
    (line,) = lines(hears(started(2, expect=WITH_PASS), 0, 200, version=2, auth_type=1, auth_data=b"guessed"))
    assert str(PEER) in line
    assert "secret" not in line
    assert "guessed" not in line


def test_wrong_passwords_do_not_fill_the_log():
    """2338-7.1-2 negative: a thousand in a second are one line"""
    router = started(2, expect=WITH_PASS)
    said = [lines(hears(router, at * MS, 200, version=2, auth_type=1, auth_data=b"wrong")) for at in range(1000)]
    assert sum(map(len, said)) == 1
    assert router.statistics.auth_failures == 1000


def test_a_password_is_not_shown_with_the_advert():
    heard = advert(200, version=2, source=OWN, **PASS)
    assert heard.auth is Auth.SIMPLE
    assert "secret" not in repr(heard)
    assert effects(hears(started(2, expect=WITH_PASS), 0, 200, version=2, **PASS)) == []
