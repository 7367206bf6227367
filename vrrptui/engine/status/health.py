"""Checks once a second: this host, other programs that speak VRRP, and the virtual routers.

The beginning and end of each problem go to the log and the history.
"""

from __future__ import annotations

import asyncio
import logging
import time

from vrrptui.control.messages import EventKind
from vrrptui.control.snapshots import Severity
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.other_daemons import other_daemons
from vrrptui.engine.serve.history import History
from vrrptui.engine.status.instance_findings import own_findings
from vrrptui.engine.status.self_check import SelfCheck
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.instances import Instances
from vrrptui.segment.codes import EXPLANATIONS, Code

log = logging.getLogger(__name__)

Findings = dict[Code, tuple[float, str]]  # since when (wall clock), and a sentence

OTHERS_EVERY = 5  # seconds between two searches for other programs


class Health:
    """The problems of this host and its virtual routers, each with the time it began."""

    def __init__(
        self,
        kernel: Kernel,
        history: History,
        routers: Instances,
        beside_others: bool,
    ) -> None:
        """`beside_others`: other programs may speak VRRP on this host."""
        self._kernel = kernel
        self._history = history
        self._routers = routers
        self._findings: dict[Instance, Findings] = {}
        self._unfiltered: str | None = None  # why the filter for no_accept is missing
        self._beside_others = beside_others
        self._self_check = SelfCheck()
        self._loop = asyncio.get_running_loop()
        self._seconds = 0
        self._others: list[str] = []

    @property
    def problems(self) -> dict[Code, str]:
        """The problems of this host, each with a sentence."""
        return self._self_check.problems

    def findings(self, router: Instance) -> Findings:
        """Return the problems of a virtual router."""
        return self._findings.get(router, {})

    def accept_filter(self, why: str | None) -> None:
        """Record why the filter for no_accept is missing; None: it is not."""
        self._unfiltered = why

    def look(self, late_ns: int, evicted: int) -> None:
        """Check everything. `late_ns` and `evicted` are as in `SelfCheck.look`."""
        for code, began, text in self._self_check.look(time.monotonic_ns(), late_ns, evicted, self._others):
            if began:
                severity: Severity = "critical" if EXPLANATIONS[code].severity == "critical" else "warning"
                log.warning("%s: %s", code.value, text)
                self._history.add(code, text, severity=severity)
            else:
                self._history.add(EventKind.CLEARED, text)
        if self._routers.routers and not self._beside_others and self._seconds % OTHERS_EVERY == 0:
            looking = self._loop.run_in_executor(None, other_daemons)  # scanning all processes takes time
            looking.add_done_callback(self._found_others)
        self._seconds += 1
        for router in self._routers.look():
            self._look_at(router)
        for router in [router for router in self._findings if self._routers.routers.get(router.name) is not router]:
            del self._findings[router]

    def _found_others(self, looked: asyncio.Future[list[str]]) -> None:
        if not looked.cancelled() and looked.exception() is None:
            self._others = looked.result()

    def _look_at(self, router: Instance) -> None:
        link = self._kernel.link(router.config.interface)
        found = own_findings(router, self._unfiltered, carrier=link is not None and link.up)
        before = self.findings(router)
        for code in found.keys() - before.keys():
            log.error("(%s) %s: %s", router.name, code.value, found[code])
            self._history.add(code, found[code], router.key, "critical")
        for code in before.keys() - found.keys():
            log.info("(%s) %s is over", router.name, code.value)
            self._history.add(EventKind.CLEARED, f"{code.value} is over", router.key)
        if found or before:
            self._findings[router] = {code: (before.get(code, (time.time(),))[0], text) for code, text in found.items()}
            self._routers.deadlines.changed.add(router)
