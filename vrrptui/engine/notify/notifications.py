"""Notifications of changes of state of virtual routers and sync groups, by scripts, FIFOs and mail.

The scripts of one router run one after another, in the order of its transitions. The state machine never waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from vrrptui.config.keywords.notify import EVENTS
from vrrptui.config.model.configuration import Configuration, GlobalConfig, Notify
from vrrptui.control.snapshots import Notified
from vrrptui.engine.notify.fifo import NotifyFifo
from vrrptui.engine.notify.mail import Mailer
from vrrptui.engine.programs.script_policy import ScriptPolicy
from vrrptui.engine.programs.start_queue import StartQueue
from vrrptui.engine.programs.subprocess_run import Account, Outcome, Run
from vrrptui.engine.state.host_changes import HostChanges
from vrrptui.protocol.actions import LowerHeard, Transition
from vrrptui.protocol.advert import NS_PER_SECOND

log = logging.getLogger(__name__)

TIMEOUT_S = 60.0
QUEUE_LENGTH = 100
RESULTS_KEPT = 5
LAST_WORD_S = 0.05  # transitions are reported up to this long after they happened
OUTPUT_SHOWN = 200
GROUP_PRIORITY = 0  # keepalived writes no priority for a group
STATES = {"init": "stop", "stopped": "stop"}  # state machine's name: keepalived's name

Told = Callable[[str, str, bool], None]  # name, text, whether it is good


class NotifyQueue:
    """The notify scripts of one virtual router (`kind` INSTANCE) or sync group (GROUP)."""

    def __init__(
        self,
        name: str,
        notify: Notify,
        account: Account,
        kind: str = "INSTANCE",
        told: Told = lambda *_: None,
        turns: StartQueue | None = None,
    ) -> None:
        """With `turns`, each program starts in a turn of the loop of its own."""
        self.results: deque[Notified] = deque(maxlen=RESULTS_KEPT)  # of its scripts, oldest first
        self._kind, self._name = kind, name
        self._notify = notify
        self._account = account
        self._told = told
        self._waiting: deque[tuple[tuple[str, ...], Account, str]] = deque()
        self._busy = False  # a script runs, or waits for its turn
        self._run: Run | None = None
        self._turns = turns
        self.idle = asyncio.Event()  # nothing runs or waits
        self.idle.set()

    def reconfigure(self, notify: Notify, account: Account) -> None:
        """Use other scripts from now on. Waiting ones run unchanged."""
        self._notify, self._account = notify, account

    @property
    def notify(self) -> Notify:
        return self._notify

    def entered(self, state: str, priority: int, removed: bool = False) -> None:
        """Run the scripts for `state`: master, backup, fault, stop or deleted.

        `removed`: a reload removed the router, which is not a fault, so notify_fault does not run.
        """
        own: tuple[str, ...] = getattr(self._notify, state)
        if own and not (removed and state == "fault"):
            self._add(own, state, state.upper())
        if self._notify.any:
            self._add((*self._notify.any, self._kind, self._name, state.upper(), str(priority)), "any", state.upper())
        self._next()

    def heard_lower(self) -> None:
        """Run notify_master_rx_lower_pri."""
        if self._notify.master_rx_lower_pri:
            self._add(self._notify.master_rx_lower_pri, "master_rx_lower_pri", "MASTER_RX_LOWER_PRI")
            self._next()

    def _add(self, command: tuple[str, ...], event: str, said: str) -> None:
        if len(self._waiting) >= QUEUE_LENGTH:
            log.error("(%s) too many notifications are waiting: %s is not run", self._name, command[0])
            self._told(self._name, f"too many notifications are waiting: {command[0]} is not run for {said}", False)
            return
        user = self._notify.user_of(event)
        account = self._account if user is None else Account(user.name, user.group)
        self._waiting.append((command, account, said))

    def _next(self) -> None:
        if self._busy:
            return
        if not self._waiting:
            self.idle.set()
            return
        self.idle.clear()
        self._busy = True
        if self._turns is None:
            self._start()
        else:
            self._turns.add(self._start)

    def _start(self) -> None:
        command, account, said = self._waiting.popleft()
        self._run = Run(command, TIMEOUT_S, lambda outcome: self._ended(command, said, outcome), account)

    def _ended(self, command: tuple[str, ...], said: str, outcome: Outcome) -> None:
        self._run, self._busy = None, False
        how = "timed out" if outcome.timed_out else f"ended with {outcome.code}"
        shown = outcome.output.strip()[-OUTPUT_SHOWN:]
        text = f"notify {command[0]} for {said} {how} after {outcome.seconds * 1000:.0f} ms"
        log.log(logging.INFO if outcome.good else logging.WARNING, "(%s) %s: %s", self._name, text, shown)
        self.results.append(
            Notified(
                state=said,
                command=" ".join(command),
                time=time.time(),
                duration=outcome.seconds,
                exit=outcome.code,
                timed_out=outcome.timed_out,
                output=shown,
            )
        )
        self._told(self._name, f"{text}: {shown}" if shown else text, outcome.good)
        self._next()


class Notifications:
    """All notify scripts, FIFOs and mail.

    `told(name, text, good)` is called with each result; `name` is that of a router or group, or empty.
    """

    def __init__(self, told: Told, changes: HostChanges | None = None) -> None:
        """`changes` records a FIFO before it is created; None: nothing is recorded."""
        self._told = told
        self._changes = changes
        self._turns = StartQueue(asyncio.get_running_loop())
        self._routers: dict[str, NotifyQueue] = {}
        self._groups: dict[str, NotifyQueue] = {}
        self._members: dict[str, tuple[str, ...]] = {}  # of each group
        self._states: dict[str, tuple[str, int]] = {}  # state and priority of each router, as last reported
        self._group_states: dict[str, str] = {}
        self._general = GlobalConfig()
        self._fifos: dict[str, NotifyFifo] = {}  # by path
        self._mailer = Mailer(self._mailed)
        self._mail: set[tuple[str, str]] = set()  # (kind, name) with smtp_alert
        self._tells_priority: set[str] = set()

    def apply(self, configuration: Configuration) -> None:
        """Use this configuration from now on. Waiting scripts run unchanged."""
        again = bool(self._states) and configuration.globals.fifo_write_on_reload
        self._general = configuration.globals
        policy = ScriptPolicy(self._general)
        for router in configuration.routers:
            self._configure(self._routers, router.name, router.notify, policy, "INSTANCE")
        for group in configuration.sync_groups:
            self._configure(self._groups, group.name, group.notify, policy, "GROUP")
        self._members = {group.name: group.members for group in configuration.sync_groups}
        self._group_states = {name: state for name, state in self._group_states.items() if name in self._members}
        self._mail = {("INSTANCE", router.name) for router in configuration.routers if router.smtp_alert}
        self._mail |= {("GROUP", group.name) for group in configuration.sync_groups if group.smtp_alert}
        self._tells_priority = {router.name for router in configuration.routers if router.notify_priority_changes}
        for group in configuration.sync_groups:
            self._tells_priority |= set(group.members) if group.notify_priority_changes else set()
        self._open_fifos(policy)
        if again:
            self._write_states()

    def _configure(
        self, queues: dict[str, NotifyQueue], name: str, notify: Notify, policy: ScriptPolicy, kind: str
    ) -> None:
        notify = _allowed(name, notify, policy)
        if name in queues:
            queues[name].reconfigure(notify, policy.account(None))
        else:
            queues[name] = NotifyQueue(name, notify, policy.account(None), kind, self._told, self._turns)

    def _open_fifos(self, policy: ScriptPolicy) -> None:
        wanted = {fifo.path: fifo for fifo in (self._general.fifo, self._general.vrrp_fifo) if fifo.path}
        for path in self._fifos.keys() - wanted.keys():
            self._fifos.pop(path).close()
        for path, config in wanted.items():
            if path not in self._fifos:
                self._fifos[path] = NotifyFifo(config, policy.account(None), self._changes)
            script = config.script
            if script and (why := policy.refusal(script, config.script_user)):
                log.error("the script %s of the FIFO %s is not run: %s", script[0], path, why)
                script = ()
            self._fifos[path].run(script, policy.account(config.script_user))

    def _write_states(self) -> None:
        for name, state in self._group_states.items():
            self._write("GROUP", name, state.upper(), GROUP_PRIORITY)
        for name, (state, priority) in self._states.items():
            self._write("INSTANCE", name, state.upper(), priority)

    # Events.

    def tell(self, name: str, told: Transition | LowerHeard, priority: int, removed: bool = False) -> None:
        """Report an event of a virtual router. `removed`: it is no longer configured."""
        if isinstance(told, Transition):
            self._moved(name, told, priority, removed)
        elif name in self._routers:
            self._routers[name].heard_lower()
            self._write("INSTANCE", name, "MASTER_RX_LOWER_PRI", priority)

    def _moved(self, name: str, transition: Transition, priority: int, removed: bool) -> None:
        """Report a transition; its group makes one too when all members have."""
        state = STATES.get(transition.after, transition.after)
        at_start = transition.before == "init" and transition.after in ("init", "stopped")
        if at_start or transition.before == transition.after or name not in self._routers:
            return
        if removed:
            before, _ = self._states.pop(name, ("", 0))
            state = "deleted" if self._routers[name].notify.says_deleted else "fault"
            if state != before:
                self._tell("INSTANCE", name, state, priority, removed=True)
            return
        self._states[name] = state, priority
        self._tell("INSTANCE", name, state, priority)
        for group, members in self._members.items():
            if name in members:
                self._follow(group, {self._states.get(member, ("", 0))[0] for member in members})

    def _follow(self, group: str, states: set[str]) -> None:
        """A group has the state of all its members, or fault if none of them can take part."""
        state = states.pop() if len(states) == 1 else "fault" if states <= {"fault", "stop"} else None
        if state and self._group_states.get(group) != state:
            self._group_states[group] = state
            self._tell("GROUP", group, state, GROUP_PRIORITY)

    def _tell(self, kind: str, name: str, state: str, priority: int, removed: bool = False) -> None:
        queues = self._routers if kind == "INSTANCE" else self._groups
        queues[name].entered(state, priority, removed)
        self._write(kind, name, state.upper(), priority)
        if (kind, name) in self._mail:
            self._mailer.tell(self._general, kind, name, state)

    def priority_changed(self, name: str, state: str, priority: int) -> None:
        """Report a new effective priority of a virtual router in this state.

        In fault it is BACKUP_PRIORITY, too, as keepalived 2.2.7 writes it.
        """
        if name in self._states:
            self._states[name] = self._states[name][0], priority
        if name in self._tells_priority and state in ("master", "backup", "fault"):
            self._write("INSTANCE", name, "MASTER_PRIORITY" if state == "master" else "BACKUP_PRIORITY", priority)

    def _write(self, kind: str, name: str, state: str, priority: int) -> None:
        for fifo in self._fifos.values():
            fifo.write(f'{kind} "{name}" {state} {priority}')

    def _mailed(self, subject: str, why: str | None) -> None:
        if why is None:
            log.info("mail sent: %s", subject)
        else:
            log.warning("mail not sent: %s: %s", subject, why)
        self._told("", f"mail sent: {subject}" if why is None else f"mail not sent: {subject}: {why}", why is None)

    def results(self, name: str) -> list[Notified]:
        """Return the results of the latest scripts of a virtual router."""
        queue = self._routers.get(name)
        return list(queue.results) if queue else []

    async def finish(self, seconds: float) -> None:
        """Wait for running and waiting scripts, then close the FIFOs.

        Notify scripts and mail have `seconds`, the scripts of FIFOs child_wait_time.
        """
        await asyncio.sleep(LAST_WORD_S)
        wait_s = self._general.child_wait_ns / NS_PER_SECOND
        for fifo in self._fifos.values():
            fifo.end_script(wait_s)
        ends = [self._mailer.idle, *(queue.idle for queue in (*self._routers.values(), *self._groups.values()))]
        scripts = [fifo.script_ended for fifo in self._fifos.values()]
        await asyncio.gather(_wait_for(ends, seconds), _wait_for(scripts, wait_s))
        for fifo in self._fifos.values():
            fifo.close()


async def _wait_for(events: Iterable[asyncio.Event], seconds: float) -> None:
    """Wait until all of the events are set, at most `seconds`."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    if waiting:
        _, late = await asyncio.wait(waiting, timeout=seconds)
        for task in late:
            task.cancel()


def _allowed(name: str, notify: Notify, policy: ScriptPolicy) -> Notify:
    """Return `notify` without the scripts that must not run."""
    refused: dict[str, Any] = {}
    for event in EVENTS.values():
        command = getattr(notify, event)
        if command and (why := policy.refusal(command, notify.user_of(event))):
            log.error("(%s) notify %s is not run: %s", name, command[0], why)
            refused[event] = ()
    return replace(notify, **refused)
