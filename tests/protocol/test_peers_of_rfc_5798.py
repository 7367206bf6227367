"""Routers that speak version 3 as RFC 5798 has it: that we get along with them, named by its ids."""

from __future__ import annotations

import pytest

from tests.protocol.routers import (
    LOWER_PEER,
    MS,
    OWN,
    PEER,
    SECOND,
    VIP,
    advert,
    effects,
    expected,
    hears,
    lines,
    master,
    read,
    started,
    state_after_refusal,
)
from vrrptui.protocol.advert import Checksum, Reason
from vrrptui.protocol.receive import judge

PSEUDO, MESSAGE = Checksum.PSEUDO_HEADER, Checksum.MESSAGE


@pytest.mark.parametrize(
    ("form", "demanded", "refused"),
    [
        pytest.param(PSEUDO, None, None, id="5798-5.2.8-1 positive: accepted as it comes"),
        pytest.param(
            PSEUDO, MESSAGE, Reason.BAD_CHECKSUM, id="5798-5.2.8-1 negative: refused where the other form is demanded"
        ),
        pytest.param(MESSAGE, None, None, id="the form of RFC 9568 is accepted beside it"),
        pytest.param(MESSAGE, PSEUDO, Reason.BAD_CHECKSUM, id="and refused where this one is demanded"),
    ],
)
def test_the_form_of_the_sum(form, demanded, refused):
    heard = advert(200, form=form)
    assert heard.checksum is form
    assert judge(heard, expected(checksum=demanded)).refused is refused


def test_learning_recomputes_the_down_interval():
    """5798-6.4.2-1 positive: three learned intervals and the skew of one"""
    router = started()
    hears(router, SECOND, 200, interval_ns=400 * MS)
    assert router.master_down_interval_ns == 3 * 400 * MS + 156 * 400 * MS // 256
    assert router.next_deadline_ns() == SECOND + router.master_down_interval_ns


def test_a_master_of_rfc_5798_stays_silent():
    """5798-6.4.3-1 positive: when configured to discard silently, a losing advert is not answered"""
    router = master(answer_lower=False)
    assert effects(hears(router, 400 * MS, 50)) == []
    assert router.next_deadline_ns() == SECOND


def test_two_masters_that_answer_do_not_loop():
    """5798-6.4.3-1 negative: an answer deposes the loser, and is not answered again"""
    winner, loser = master(), master(priority=50)
    assert effects(hears(winner, 400 * MS, 50))[0] == "SendAdvert 100"
    assert "SendAdvert 50" not in effects(hears(loser, 400 * MS, 100))
    assert loser.state_name == "backup"


@pytest.mark.parametrize(
    ("source", "state"),
    [
        pytest.param(PEER, "backup", id="5798-7.1-1 negative: of two owners the smaller address yields"),
        pytest.param(LOWER_PEER, "master", id="5798-7.1-1 negative: and the larger stays"),
    ],
)
def test_two_owners_settle(source, state):
    router = started(priority=255)
    hears(router, 400 * MS, 255, source=source)
    assert router.state_name == state


ODD = [
    pytest.param(
        "3133c801000000000a0000fe", Reason.ZERO_INTERVAL, id="5798-7.1-2 positive: an interval of 0 is refused"
    ),
]


@pytest.mark.parametrize(("message", "reason"), ODD)
def test_what_rfc_5798_has_no_rule_for(message, reason):
    heard = read(with_sum(bytes.fromhex(message)))
    assert heard.problems == (reason,)
    router = started()
    before, after = state_after_refusal(router, heard)
    assert before == after


def with_sum(message: bytes) -> bytes:
    """`message` with the sum over itself alone in bytes 6 and 7."""
    total = sum(int.from_bytes(message[at : at + 2], "big") for at in range(0, len(message), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return message[:6] + (~total & 0xFFFF).to_bytes(2, "big") + message[8:]


def test_our_own_log_says_what_theirs_does_not():
    """5798-7.1-3 positive: a different interval is logged, and the advert is accepted"""
    router = started()
    (line,) = lines(hears(router, 0, 200, interval_ns=2 * SECOND, addresses=(VIP,)))
    assert "interval mismatch" in line
    assert (router.state.master, router.source) == (PEER, OWN)
