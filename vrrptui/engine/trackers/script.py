"""vrrp_script: running scripts and counting their results (rise, fall, init_fail).

The counting is pure (`Health`); `ScriptTracker` runs the program.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from vrrptui.config.model.configuration import ScriptConfig
from vrrptui.control.snapshots import CheckSnapshot, CheckState
from vrrptui.engine.programs.start_queue import StartQueue
from vrrptui.engine.programs.subprocess_run import Account, Outcome, Run
from vrrptui.protocol.priority import Tracked

log = logging.getLogger(__name__)

RUNS_KEPT = 60
NUMBER = re.compile(r"\s*(-?[0-9]{1,10})\s*")  # the whole output of a script
OPEN = ("/bin/sh", "-c", 'exec < "$1"', "sh")  # as a file: good if it can be opened; as a command it could hang


@dataclass(slots=True)
class Health:
    """Counts results: `rise` good ones in a row set `up`, `fall` bad ones clear it.

    The first result decides at once, except with `init_fail`, which needs `rise` good results.
    """

    rise: int
    fall: int
    starts_failed: bool = False
    up: bool | None = None  # None before the first result
    run: int = 0  # consecutive results that contradict `up`

    def take(self, good: bool) -> bool:
        """Count a result. Return whether `up` changed."""
        if self.up is None:
            self.up = good and not (self.starts_failed and self.rise > 1)
            self.run = int(good and not self.up)
            return True
        if good == self.up:
            self.run = 0
            return False
        self.run += 1
        if self.run < self.needed:
            return False
        self.up, self.run = good, 0
        return True

    def would_fall(self, good: bool) -> bool:
        """Whether this result would clear `up`."""
        if self.up is None:
            return not good and not self.starts_failed
        return not good and self.up and self.run + 1 >= self.fall

    @property
    def needed(self) -> int:
        """The number of consecutive results that change `up`."""
        return self.fall if self.up else self.rise


class ScriptTracker:
    """One vrrp_script, run every interval.

    `changed(tracker)` is called for each result. `turned` is whether it changed the state, `news` is a text for the
    history. Before a failure clears `up`, the recovery command runs if one is configured and attempts remain; the
    script then runs again at once.
    """

    def __init__(
        self,
        config: ScriptConfig,
        account: Account,
        changed: Callable[[ScriptTracker], None],
        turns: StartQueue | None = None,
    ) -> None:
        """With `turns`, its program starts in a turn of the loop of its own."""
        self.config = config
        self.health = Health(config.rise, config.fall, config.init_fail)
        self.since = time.time()
        self.last: Outcome | None = None
        self.last_run: float | None = None
        self.turned = False
        self.news = ""
        self.recovering = False
        self.attempts = 0  # recovery attempts since the last good result
        self.account = account
        self.command = config.command if config.opens is None else (*OPEN, config.opens)
        self._changed = changed
        self._turns = turns
        self._stopped = False
        self._runs: deque[tuple[float, bool]] = deque(maxlen=RUNS_KEPT)  # seconds, and whether the run failed
        self._run: Run | None = None
        self._latest: Run | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def up(self) -> bool | None:
        return self.health.up

    @property
    def definition(self) -> tuple[object, ...]:
        """What identifies its configuration: a tracker with the same definition is kept across a reload."""
        return self.config, self.account

    @property
    def running(self) -> bool:
        return self._run is not None

    def go_on_from(self, before: object) -> None:
        """Take over the state of the tracker that this one replaces."""
        if isinstance(before, ScriptTracker):
            self.health.up = before.up

    def counts(self, weight: int, reverse: bool) -> Tracked:
        """Return its effect on a virtual router that tracks it with this weight.

        With `init_fail`, a weight counts before the first result. A fault does not, as in keepalived 2.2.7, which runs
        neither notify_fault nor notify_backup before it.
        """
        waits = self.up is None and self.config.init_fail and weight != 0
        return Tracked(self.name, weight, False if waits else self.up, reverse)

    def start(self) -> None:
        """Run it now, and then every interval. A run that has not ended delays the next.

        While a program cannot be ended, no other is started, and each interval counts as a failure.
        """
        self._timer = asyncio.get_running_loop().call_later(self.config.interval_ns / 1e9, self.start)
        if self._run is not None:
            return
        if self._latest is not None and self._latest.alive:
            self._on_end(Outcome(None, "the previous run cannot be ended", 0.0, timed_out=True))
        else:
            self._execute_in_turn()

    def _execute_in_turn(self) -> None:
        if self._turns is None:
            self._execute()
        else:
            self._turns.add(self._execute)

    def _execute(self) -> None:
        if self._stopped or self._run is not None:  # it was stopped while it waited for its turn
            return
        self._run = self._latest = Run(self.command, self.config.timeout_ns / 1e9, self._on_end, self.account)

    def stop(self) -> None:
        """Stop running it; a running program is ended."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._run is not None:
            self._run.stop()
            self._run = None

    def _on_end(self, outcome: Outcome) -> None:
        self._run = None
        self.last, self.last_run = outcome, time.time()
        self._runs.append((outcome.seconds, not outcome.good))
        self.turned, self.news = False, ""
        if (
            self.health.would_fall(outcome.good)
            and self.config.recover
            and self.attempts < self.config.recover_attempts
        ):
            self._recover(outcome)
        else:
            self._count(outcome)
        self._changed(self)

    def _count(self, outcome: Outcome) -> None:
        self.turned = self.health.take(outcome.good)
        if outcome.good:
            self.attempts = 0
        if self.turned:
            self.since = time.time()
            short = f"needs {self.config.rise} good results after a start (init_fail)"
            failed = (short, short) if outcome.good else (f"failed{_last_line(outcome)}", _failure(outcome))
            said, logged = ("is good", "succeeded") if self.up else failed
            self.news = f"check {self.name} {said}"
            log.info("VRRP_Script(%s) %s", self.name, logged)

    def _recover(self, outcome: Outcome) -> None:
        self.attempts += 1
        attempt = f"attempt {self.attempts} of {self.config.recover_attempts} to recover"
        self.news = f"check {self.name}: {attempt}{_last_line(outcome)}"
        log.info("VRRP_Script(%s) %s: %s", self.name, _failure(outcome), attempt)
        self.recovering = True
        self._run = Run(self.config.recover, self.config.recover_timeout_ns / 1e9, self._on_recovered, self.account)

    def _on_recovered(self, outcome: Outcome) -> None:
        self._run, self.recovering, self.last = None, False, outcome
        how = "ended" if outcome.good else _failure(outcome)
        self.turned, self.news = False, f"check {self.name}: the recovery command {how}{_last_line(outcome)}"
        log.info("VRRP_Script(%s) the recovery command %s", self.name, how)
        self._execute_in_turn()
        self._changed(self)

    def snapshot(self, routers: list[str]) -> CheckSnapshot:
        """Return its snapshot. `routers` are the names of the virtual routers that track it."""
        state: CheckState = "unknown" if self.up is None else "up" if self.up else "down"
        return CheckSnapshot(
            name=self.name,
            kind="script",
            state="running" if self.recovering or (self.up is None and self.running) else state,
            weight=self.config.weight,
            rise=self.config.rise,
            fall=self.config.fall,
            run=(self.health.run, self.health.needed),
            last_exit=self.last.code if self.last else None,
            last_output=self.last.output if self.last else "",
            duration=self.last.seconds if self.last else None,
            durations=[round(seconds, 4) for seconds, _ in self._runs],
            failed=[failed for _, failed in self._runs],
            command=" ".join(self.config.command),
            interval=self.config.interval_ns / 1e9,
            timeout=self.config.timeout_ns / 1e9,
            since=self.since,
            last_run=self.last_run,
            routers=routers,
            hint=_hint(self.last) if self.last else "",
        )


def _hint(outcome: Outcome) -> str:
    """Return a hint for a script whose output contradicts its exit status."""
    printed = NUMBER.fullmatch(outcome.output)
    if printed and outcome.good and int(printed[1]):
        return f"it printed {printed[1]} and exited with 0, which is success: only the exit status counts"
    if "keepalived" in outcome.output and "no process found" in outcome.output:
        return "it looks for keepalived, which is not running here: for vrrptui only the exit status counts"
    return ""


def _last_line(outcome: Outcome) -> str:
    lines = outcome.output.strip().splitlines()
    return f": {lines[-1]}" if lines else ""


def _failure(outcome: Outcome) -> str:
    if outcome.timed_out:
        return "timed out"
    if outcome.code is None:
        return f"failed ({outcome.output})"
    if outcome.code < 0:
        return f"failed (signal {-outcome.code})"
    return f"failed (exit status {outcome.code})"
