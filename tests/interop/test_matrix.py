"""The matrix: every scenario, each with its capture, which a judge reads that knows nothing but the formulas."""

from __future__ import annotations

import pytest

from tests.interop.makes import missing
from tests.interop.matrix import SMOKE, Entry, entries
from tests.interop.run import Run


def parameters() -> list:
    return [pytest.param(e, id=e.name, marks=[] if e.smoke else [pytest.mark.matrix]) for e in entries()]


@pytest.mark.parametrize("entry", parameters())
def test_matrix(lab, entry: Entry):
    for make in entry.makes:
        if reason := missing(make):
            pytest.skip(reason)
    run = Run(lab, entry.speech, entry.makes)
    try:
        found = entry.play(run)
    finally:
        run.close()
    story = "\n".join(f"{f.at_ns / 1e9:.4f} {f.invariant} {f.text}" for f in found)
    assert found == [], f"{run.file}\n{story}"


def test_every_run_has_a_name_of_its_own():
    names = [entry.name for entry in entries()]
    assert len(names) == len(set(names))
    assert set(names) >= SMOKE


def test_every_scenario_is_played_by_each_peer_that_can():
    played: dict[str, set[str]] = {}
    for entry in entries():
        played.setdefault(entry.name.split()[0], set()).update(entry.makes)
    assert set(played) == {f"S{number}" for number in range(1, 23)}
    assert all("vrrptui" in makes and len(makes) > 1 for makes in played.values())
