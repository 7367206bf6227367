"""A short siege: whatever is thrown at a master, it stays master, and keeps no memory of it."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.siege.field import LOADS, field

pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
    pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed"),
]
PATIENT = 5  # intervals, for a machine that is busy with other things; `make siege` measures gaps


def test_a_master_under_siege_stays_master():
    """Less than a second of each load: no change of state, no advert of the backup, and the memory is back."""
    with field(PATIENT) as made:
        for load in LOADS:
            one = made.try_one(load, seconds=0.7, at_rest_s=0.0, afterwards_s=0.7)
            assert one.did, load.name
            assert (one.changes, one.takeovers, one.holds) == (0, 0, True), one
            assert not one.kept_too_much, one
