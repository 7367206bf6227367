"""Checks for settings that delay taking part after a start."""

from __future__ import annotations

from vrrptui.config.findings.report import Report
from vrrptui.config.model.configuration import Configuration, ScriptConfig, SyncGroupConfig, VirtualRouterConfig
from vrrptui.protocol.advert import NS_PER_SECOND


def check(configuration: Configuration, report: Report) -> None:
    """Report scripts that keep their routers in fault for more than one run after a start."""
    scripts = {script.name: script for script in configuration.scripts}
    said: set[str] = set()
    trackers: list[VirtualRouterConfig | SyncGroupConfig] = [*configuration.routers, *configuration.sync_groups]
    for tracking in trackers:
        for line in tracking.scripts:
            script = scripts.get(line.name)
            if script is None or script.name in said or not script.init_fail or script.rise <= 1:
                continue
            if (script.weight if line.weight is None else line.weight) == 0:
                said.add(script.name)
                _report(script, tracking.name, report)


def _report(script: ScriptConfig, router: str, report: Report) -> None:
    wait_s = (script.rise - 1) * script.interval_ns / NS_PER_SECOND
    text = (
        f"with init_fail and rise {script.rise}, {router} takes no part for the first {wait_s:g} s after a start: "
        "keepalived 2.2 takes part after the first good run, later versions wait too"
    )
    report.warning(script.place, "slow-start", text, "rise 1, or omit init_fail")
