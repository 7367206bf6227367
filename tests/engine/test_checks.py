"""A script's failures, and the command that may recover what it looks at before they count."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from vrrptui.config.model.configuration import Place, ScriptConfig
from vrrptui.engine.programs.subprocess_run import AS_WE_DO, Outcome
from vrrptui.engine.trackers.script import Health, ScriptTracker


def script(path: Path, recover: str, attempts: int = 2, timeout_s: float = 5) -> ScriptConfig:
    return ScriptConfig(
        name="chk",
        command=("/usr/bin/test", "-e", str(path)),
        recover=("/bin/sh", "-c", recover),
        recover_attempts=attempts,
        recover_timeout_ns=round(timeout_s * 1e9),
        place=Place("test.conf", 1, 1),
    )


async def run_until_turned(config: ScriptConfig) -> tuple[ScriptTracker, list[str], list[Any]]:
    """The check after its first change of state, what was news until then, and the states it was shown in."""
    turned, news, states = asyncio.Event(), [], []

    def changed(check: ScriptTracker) -> None:
        news.append(check.news)
        states.append(check.snapshot([]).state)
        if check.turned:
            turned.set()

    check = ScriptTracker(config, AS_WE_DO, changed)
    check.start()
    await asyncio.wait_for(turned.wait(), 10)
    check.stop()
    return check, news, states


async def test_a_check_that_starts_as_failed_counts_by_its_weight() -> None:
    """As in keepalived 2.2.7: the priority is the lower one at once, a fault comes with the first result."""
    config = replace(script(Path("/none"), ""), init_fail=True)
    check = ScriptTracker(config, AS_WE_DO, lambda check: None)
    assert check.counts(-20, reverse=False).amount == -20
    assert check.counts(0, reverse=False).up is None


async def test_a_check_that_its_command_recovers_is_never_down(tmp_path: Path) -> None:
    good = tmp_path / "good"
    check, news, states = await run_until_turned(script(good, f"touch {good}; echo mended"))
    assert check.up
    assert news == [
        "check chk: attempt 1 of 2 to recover",
        "check chk: the recovery command ended: mended",
        "check chk is good",
    ]
    assert states == ["running", "running", "up"]


async def test_a_check_is_down_after_the_last_attempt_to_recover(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    check, news, states = await run_until_turned(
        script(tmp_path / "good", f"echo again >> {tries}; exit 3", attempts=3)
    )
    assert check.up is False
    assert tries.read_text().split() == ["again"] * 3
    assert news.count("check chk: the recovery command failed (exit status 3)") == 3
    assert (news[-1], states[-1]) == ("check chk failed", "down")


async def test_a_recovery_that_hangs_ends_at_its_own_limit(tmp_path: Path) -> None:
    check, news, _ = await run_until_turned(script(tmp_path / "good", "sleep 100", attempts=1, timeout_s=0.05))
    assert check.up is False
    assert "check chk: the recovery command timed out" in news


@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize("rise,fall", [(1, 1), (2, 1), (1, 2), (2, 3)])
def test_each_good_result_gives_all_attempts_to_recover_back(monkeypatch, tmp_path, rise, fall, attempts):
    """Of every sequence of nine results: a failure that would take it down is answered while attempts are left."""
    started: list[tuple[str, ...]] = []

    class Started:
        """A run that ends when the test says so."""

        alive = False

        def __init__(self, command, *_) -> None:
            started.append(command)

    monkeypatch.setattr("vrrptui.engine.trackers.script.Run", Started)
    config = replace(script(tmp_path / "good", "mend", attempts), rise=rise, fall=fall)
    for results in product((False, True), repeat=9):
        check, model, left = ScriptTracker(config, AS_WE_DO, lambda _: None), Health(rise, fall), attempts
        for good in results:
            started.clear()
            check._on_end(Outcome(0 if good else 1, "", 0.1))
            if model.would_fall(good) and left:
                left -= 1
                assert (started, check.recovering) == ([config.recover], True), results
                check._on_recovered(Outcome(0, "", 0.1))
                assert started[1:] == [config.command], "and it is run again at once"
            else:
                model.take(good)
                left = attempts if good else left
                assert (started, check.recovering) == ([], False), results
            assert check.up is model.up, results
