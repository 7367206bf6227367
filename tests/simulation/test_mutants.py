"""Whether the simulation would notice: each fault that is put into the machine must be found within a few seeds."""

from __future__ import annotations

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.swarm import Kinds, Swarm

SEEDS = 250


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_in_the_machine_is_found(mutant: Mutant):
    kinds = mutant.kinds()
    assert any(is_found(kinds, seed) for seed in range(SEEDS)), f"{mutant.name}: nothing notices in {SEEDS} seeds"


def is_found(kinds: Kinds, seed: int) -> bool:
    """By a check of the simulation, or because the machine itself breaks."""
    try:
        Swarm(seed, kinds).run()
    except (AssertionError, AttributeError, TypeError, ValueError):
        return True
    return False


def test_without_a_fault_nothing_is_found():
    assert not any(is_found(Kinds(), seed) for seed in range(10))
