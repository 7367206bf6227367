"""What several virtual routers do at the same moment: all adverts, then all addresses, then all announcements.

A takeover is prepared before its deadline on a copy of the state machine. At the deadline, bytes are sent.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.vrrp.events import InstanceEvent, LowerPriorityHeard, StateChanged
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.engine.vrrp.vrrp_socket import Sending, Sent, send_all
from vrrptui.protocol.actions import (
    Action,
    AddAddresses,
    Announce,
    Log,
    LowerHeard,
    RemoveAddresses,
    SendAdvert,
    Transition,
)
from vrrptui.protocol.events import Tick
from vrrptui.protocol.states import State
from vrrptui.protocol.virtual_router import VirtualRouter

Report = Callable[[InstanceEvent], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A tick at `due_ns` that was computed in advance on a copy of the machine, from the state it had then."""

    due_ns: int
    state: State
    twin: VirtualRouter
    adverts: list[Sending]
    additions: list[bytes]  # netlink requests
    announcements: list[Callable[[], object]]
    takes_over: bool  # includes addresses and announcements; otherwise they are among the job's actions


@dataclass(slots=True)
class Job:
    """The actions of one machine, in order; with `prepared`, those that remain after it."""

    instance: Instance
    actions: list[Action]
    prepared: Prepared | None = None
    sent: Sent = None  # why the last prepared advert was not sent

    def is_due(self, now_ns: int) -> bool:
        """Whether the prepared tick is due and the machine is still in the state it was computed from."""
        one, machine = self.prepared, self.instance.machine
        if one is None or one.due_ns > now_ns:
            return False
        return one.state is machine.state and one.twin.waits_for_group is machine.waits_for_group


def prepare(instance: Instance, due_ns: int) -> Job:
    """Compute in advance what will be done at `due_ns` if no advert arrives before."""
    transmitter, twin = instance.transmitter, instance.machine.twin()
    actions = twin.handle(due_ns, Tick())
    adverts = [send for a in actions if isinstance(a, SendAdvert) for send in transmitter.sendings(twin, a.priority)]
    rest: list[Action] = [action for action in actions if not isinstance(action, SendAdvert)]
    announcements = transmitter.announcements("takeover") if AddAddresses() in rest else None
    additions: list[bytes] = []
    if announcements is not None:
        rest = [action for action in rest if not isinstance(action, AddAddresses | Announce)]
        additions = instance.presence.additions
    takes_over = announcements is not None
    prepared = Prepared(due_ns, instance.machine.state, twin, adverts, additions, announcements or [], takes_over)
    return Job(instance, rest, prepared)


def perform(kernel: Kernel, jobs: Sequence[Job], report: Report) -> list[tuple[Instance, Transition]]:
    """Carry out all jobs and `report` them. Return the changes of state, in order."""
    for job in jobs:
        if job.prepared is not None:
            job.sent = send_all(job.prepared.adverts)
        else:
            _send_adverts(job)
    for job in jobs:
        if any(isinstance(action, RemoveAddresses) for action in job.actions):
            job.instance.release()
    adding = [(job.instance, additions) for job in jobs if (additions := _additions(job)) is not None]
    kernel.post([message for _, additions in adding for message in additions])
    for job in jobs:
        _announce(job)
    answers = iter(kernel.answers())
    for job in jobs:
        if job.prepared is not None:
            job.instance.adopt(job.prepared.twin, job.sent, bool(job.prepared.adverts))
    for instance, additions in adding:
        instance.added([next(answers) for _ in additions])
    return [(job.instance, moved) for job in jobs for moved in _reported(job, report)]


def _send_adverts(job: Job) -> None:
    instance = job.instance
    for action in job.actions:
        if isinstance(action, SendAdvert):
            instance.transmitter.send(instance.machine, action.priority)
            if action.priority == 0:
                instance.log("sent 0 priority")


def _additions(job: Job) -> list[bytes] | None:
    """Return the requests that add the addresses; None if the job adds none."""
    if job.prepared is not None and job.prepared.takes_over:
        return job.prepared.additions
    return job.instance.presence.additions if AddAddresses() in job.actions else None


def _announce(job: Job) -> None:
    if job.prepared is not None and job.prepared.takes_over:
        for send in job.prepared.announcements:
            with contextlib.suppress(OSError):
                send()
        job.instance.transmitter.begin_repeats()
    for action in job.actions:
        if isinstance(action, Announce):
            job.instance.transmitter.send_announcement(action.occasion)


def _reported(job: Job, report: Report) -> list[Transition]:
    """Report what was done. Return the changes of state."""
    instance, moved = job.instance, []
    if job.prepared is not None and job.prepared.takes_over:
        instance.transmitter.announced("takeover")
    for action in job.actions:
        match action:
            case Announce(occasion):
                instance.transmitter.announced(occasion)
            case Log(level, text):
                instance.log(text, logging.INFO if level == "info" else logging.WARNING)
            case Transition(before, after):
                if before != after:
                    instance.entered()
                    moved.append(action)
                report(StateChanged(instance, action))
            case LowerHeard():
                report(LowerPriorityHeard(instance))
    return moved
