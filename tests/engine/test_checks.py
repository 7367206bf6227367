"""A script's failures, and the command that may recover what it looks at before they count."""

from __future__ import annotations

import asyncio
from pathlib import Path

from vrrptui.config.model import Place, ScriptConfig
from vrrptui.engine.checks import ScriptCheck
from vrrptui.engine.process import AS_WE_DO


def script(path: Path, recover: str, attempts: int = 2, timeout_s: float = 5) -> ScriptConfig:
    return ScriptConfig(
        name="chk",
        command=("/usr/bin/test", "-e", str(path)),
        recover=("/bin/sh", "-c", recover),
        recover_attempts=attempts,
        recover_timeout_ns=round(timeout_s * 1e9),
        place=Place("test.conf", 1, 1),
    )


async def run_until_turned(config: ScriptConfig) -> tuple[ScriptCheck, list[str], list[str]]:
    """The check after its first change of state, what was news until then, and the states it was shown in."""
    turned, news, states = asyncio.Event(), [], []

    def changed(check: ScriptCheck) -> None:
        news.append(check.news)
        states.append(check.snapshot([]).state)
        if check.turned:
            turned.set()

    check = ScriptCheck(config, AS_WE_DO, changed)
    check.start()
    await asyncio.wait_for(turned.wait(), 10)
    check.stop()
    return check, news, states


async def test_a_check_that_its_command_recovers_is_never_down(tmp_path: Path) -> None:
    good = tmp_path / "good"
    check, news, states = await run_until_turned(script(good, f"touch {good}; echo mended"))
    assert check.up
    assert news == [
        "check chk: attempt 1 of 2 to recover",
        "check chk: the attempt to recover ended: mended",
        "check chk is good",
    ]
    assert states == ["running", "running", "up"]


async def test_a_check_counts_as_down_after_the_last_attempt_to_recover(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    check, news, states = await run_until_turned(
        script(tmp_path / "good", f"echo again >> {tries}; exit 3", attempts=3)
    )
    assert check.up is False
    assert tries.read_text().split() == ["again"] * 3
    assert news.count("check chk: the attempt to recover failed (exited with status 3)") == 3
    assert (news[-1], states[-1]) == ("check chk failed", "down")


async def test_an_attempt_to_recover_that_hangs_ends_at_its_own_time_limit(tmp_path: Path) -> None:
    check, news, _ = await run_until_turned(script(tmp_path / "good", "sleep 100", attempts=1, timeout_s=0.05))
    assert check.up is False
    assert "check chk: the attempt to recover timed out" in news
