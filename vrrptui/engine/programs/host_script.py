"""startup_script and shutdown_script, which run before the virtual routers start and after they have ended."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from vrrptui.config.model.configuration import GlobalConfig
from vrrptui.engine.programs.script_policy import ScriptPolicy
from vrrptui.engine.programs.subprocess_run import Outcome, Run

log = logging.getLogger(__name__)


async def run_host_script(keyword: str, general: GlobalConfig, cut: asyncio.Event | None) -> None:
    """Run startup_script or shutdown_script (`keyword`). Wait until it ends, its time is over, or `cut` is set.

    It is ended then. Failures are logged.
    """
    script = general.startup if keyword == "startup_script" else general.shutdown
    if not script.command:
        return
    policy = ScriptPolicy(general)
    if why := policy.refusal(script.command, script.user):
        log.error("%s %s is not run: %s", keyword, script.command[0], why)
        return
    ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    run = Run(script.command, script.timeout_ns / 1e9, ended.set_result, policy.account(script.user))
    waiting: set[asyncio.Future[Any]] = {ended}
    cutting = asyncio.create_task(cut.wait()) if cut is not None else None
    if cutting is not None:
        waiting.add(cutting)
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if cutting is not None:
        cutting.cancel()
    if not ended.done():
        run.stop()
        log.warning("%s %s is ended early: the engine stops", keyword, script.command[0])
        return
    outcome = ended.result()
    how = "timed out" if outcome.timed_out else f"ended with {outcome.code}"
    log.log(
        logging.INFO if outcome.good else logging.WARNING,
        "%s %s %s: %s",
        *(keyword, script.command[0], how, outcome.output.strip()[-200:]),
    )
