"""Which interfaces the observer's kernel filter lets through: the classic BPF program, run here step by step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrptui.engine.capture.bpf import AND, JUMP, JUMP_IF_EQUAL, JUMP_IF_LEAST, LOAD_WORD, RETURN, assemble
from vrrptui.engine.host.link import VlanTag
from vrrptui.engine.observer.socket_filter import (
    INTERFACE_INDEX,
    VLAN_PROTOCOL,
    VLAN_TAG,
    VLAN_TAG_PRESENT,
    from_interfaces,
    observed_frames,
)

MOST_INSTRUCTIONS = 4096  # BPF_MAXINSNS of linux/bpf_common.h
indexes = st.sets(st.integers(1, 5000), max_size=300)
tags = st.builds(VlanTag, st.sampled_from([0x8100, 0x88A8]), st.integers(0, 4095))


def passes(program: list[tuple[int, int, int, int]], known: dict[int, int]) -> bool:
    """What the program says of a frame of which the kernel knows this; as bpf(4) of FreeBSD describes the machine."""
    at = a = 0
    while True:
        code, if_true, if_false, operand = program[at]
        assert if_true <= 255 >= if_false
        at += 1
        match code:
            case _ if code == LOAD_WORD:
                a = known[operand]
            case _ if code == AND:
                a &= operand
            case _ if code == JUMP:
                at += operand
            case _ if code == JUMP_IF_EQUAL:
                at += if_true if a == operand else if_false
            case _ if code == JUMP_IF_LEAST:
                at += if_true if a >= operand else if_false
            case _ if code == RETURN:
                return bool(operand)
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


def assembled(wanted, others, below) -> list[tuple[int, int, int, int]]:
    ends: list[Any] = ["keep", (RETURN, 1, None, None), "drop", (RETURN, 0, None, None)]
    return assemble([*from_interfaces(wanted, others, below), *ends])


def frame(index: int, tag: VlanTag | None = None) -> dict[int, int]:
    """What the kernel knows of a frame; priority bits are in the tag too."""
    facts = {VLAN_TAG_PRESENT: 1, VLAN_TAG: 0xE000 | tag.number, VLAN_PROTOCOL: tag.protocol} if tag else {}
    return {INTERFACE_INDEX: index, VLAN_TAG_PRESENT: 0, VLAN_TAG: 0, VLAN_PROTOCOL: 0} | facts


@given(wanted=indexes, others=indexes)
def test_interfaces_are_told_apart(wanted, others):
    program = assembled(wanted, others, {})
    for index in wanted | others:
        assert passes(program, frame(index)) is (index in wanted)


@pytest.mark.slow
@given(wanted=indexes, below=st.dictionaries(st.integers(1, 50), st.sets(tags, max_size=40), max_size=4), other=tags)
def test_a_vlan_with_its_own_interface_is_not_heard_below_it(wanted, below, other):
    wanted |= {index for index in below if index % 2}
    program = assembled(wanted, {0}, below)
    for index, some in below.items():
        if index in wanted:
            assert passes(program, frame(index))
            for tag in {*some, other}:
                assert passes(program, frame(index, tag)) is (tag not in some)


def test_nine_hundred_interfaces_between_others_fit_the_kernel():
    every = range(1, 1801)
    program = assemble(observed_frames(from_interfaces(every[::2], every[1::2], {})))
    assert len(program) <= MOST_INSTRUCTIONS


def test_interfaces_side_by_side_cost_no_more_than_one():
    """On a host with 1,400 interfaces of containers, all but loopback are wanted."""
    one, many = (len(assemble([*from_interfaces(range(2, n), [1], {}), "keep", "drop"])) for n in (3, 1400))
    assert one == many
