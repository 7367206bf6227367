"""Networks drawn by seeds, each with faults of its own; VRRPTUI_SEEDS says how many there are.

A failure names its seed: `python tests/simulation/test_swarm.py SEED` plays it again and prints all that happened.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.simulation.swarm import FAULTS, Swarm

SEEDS = int(os.environ.get("VRRPTUI_SEEDS", "160"))
BATCH = 20


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_every_machine_follows_the_rfc_and_one_rules_in_the_end(first):
    for seed in range(first, min(first + BATCH, SEEDS)):
        Swarm(seed).run()


def test_the_same_seed_gives_the_same_story():
    assert Swarm(11).run().digest() == Swarm(11).run().digest()
    assert Swarm(11).run().digest() != Swarm(12).run().digest()


def test_every_fault_is_drawn_alone_and_together_with_others():
    drawn = [Swarm(seed).faults for seed in range(SEEDS)]
    assert all(any(fault in one for one in drawn) and any(fault not in one for one in drawn) for fault in FAULTS)


if __name__ == "__main__":
    print("\n".join(Swarm(int(sys.argv[1])).run().log))
