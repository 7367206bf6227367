"""Faults put into the pure machine one at a time, and the classes that have them.

Each is a piece of source and what a slip would make of it. The faulty code is run in a module of its own, beside the
right one.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType

from tests.simulation.swarm import Kinds
from vrrptui.protocol import receive, states, sync_group, timers, virtual_router

MACHINE, STATES, TIMERS, RECEIVE, GROUP = virtual_router, states, timers, receive, sync_group


@dataclass(frozen=True)
class Mutant:
    """In this module, `right` becomes `wrong`; it stands there exactly once."""

    name: str
    module: ModuleType
    right: str
    wrong: str

    def kinds(self) -> Kinds:
        """The classes to simulate, with this fault in them."""
        faulty = self._faulty()
        if self.module is GROUP:
            return Kinds(group=faulty.SyncGroup)
        if self.module is MACHINE:
            return Kinds(router=faulty.VirtualRouter)
        machine = _copy(MACHINE, _source(MACHINE))
        for name in ("skew_time_ns", "master_down_interval_ns", "judge", "Master"):
            if hasattr(faulty, name):
                setattr(machine, name, getattr(faulty, name))
        return Kinds(router=machine.VirtualRouter)

    def _faulty(self) -> ModuleType:
        source = _source(self.module)
        assert source.count(self.right) == 1, f"{self.name}: the source has it {source.count(self.right)} times"
        return _copy(self.module, source.replace(self.right, self.wrong))


def _source(module: ModuleType) -> str:
    assert module.__file__ is not None
    with open(module.__file__, encoding="utf-8") as file:
        return file.read()


def _copy(module: ModuleType, source: str) -> ModuleType:
    """A module with this source; registered for as long as its classes are made, which ask for it."""
    name = f"mutant of {module.__name__}"
    made = sys.modules[name] = ModuleType(name)
    try:
        exec(compile(source, name, "exec"), made.__dict__)
    finally:
        del sys.modules[name]
    return made


COUNTS = "self.statistics.count(judgement.refused)\n"
MOVED_ADVERT = "replace(self.state, advert_due_ns=now_ns + self.settings.interval_ns)\n"
MOVED_TAKEOVER = "replace(self.state, master_down_at_ns=now_ns + self.master_down_interval_ns)\n"

MUTANTS = (
    Mutant(
        "the short way forgets announcements", STATES, "announce_ns is not None and announce_ns <= now_ns:", "False:"
    ),
    Mutant("two intervals, not three", TIMERS, "return adverts * interval_ns", "return (adverts - 1) * interval_ns"),
    Mutant("the skew of version 2 in version 3", TIMERS, "if version == 2 else interval_ns", "if version >= 2 else 0"),
    Mutant(
        "the skew of version 3 in version 2",
        TIMERS,
        "NS_PER_SECOND if version == 2 else",
        "interval_ns if version == 2 else",
    ),
    Mutant("a skew out of 255", TIMERS, "(priority - 256)", "(priority - 255)"),
    Mutant("a skew in 255ths", TIMERS, "// 256)", "// 255)"),
    Mutant("a skew that grows with the priority", TIMERS, "-((priority - 256) *", "(priority *"),
    Mutant(
        "a timer that is early by what is rounded off",
        TIMERS,
        "return -((priority - 256) * whole_ns // 256)",
        "return (256 - priority) * whole_ns // 256 - 1",
    ),
    Mutant(
        "no skew in the down interval",
        TIMERS,
        "interval_ns + skew_time_ns(version, priority, interval_ns)",
        "interval_ns",
    ),
    Mutant("takes over after its time only", MACHINE, "if now_ns >= due_ns:", "if now_ns > due_ns:"),
    Mutant(
        "gives way to its equals",
        MACHINE,
        "priority > self.priority or (priority",
        "priority >= self.priority or (priority",
    ),
    Mutant("does not give way to a larger address", MACHINE, "int(advert.source) > own)", "int(advert.source) < own)"),
    Mutant(
        "addresses without priorities",
        MACHINE,
        "(priority == self.priority and int(advert.source) > own)",
        "int(advert.source) > own",
    ),
    Mutant("never yields to an equal one", MACHINE, " or (priority == self.priority and int(advert.source) > own)", ""),
    Mutant(
        "does not resign",
        MACHINE,
        "done = [SendAdvert(PRIORITY_RESIGN), RemoveAddresses()]",
        "done = [RemoveAddresses()]",
    ),
    Mutant("resigns with its priority", MACHINE, "SendAdvert(PRIORITY_RESIGN)", "SendAdvert(self.priority)"),
    Mutant(
        "keeps the addresses when it leaves",
        MACHINE,
        "done = [SendAdvert(PRIORITY_RESIGN), RemoveAddresses()]",
        "done = [SendAdvert(PRIORITY_RESIGN)]",
    ),
    Mutant("keeps the addresses when it yields", MACHINE, '{text}"),\n            RemoveAddresses(),', '{text}"),'),
    Mutant("adds no addresses", MACHINE, "AddAddresses(), Announce()]", "Announce()]"),
    Mutant("announces nothing", MACHINE, "AddAddresses(), Announce()]", "AddAddresses()]"),
    Mutant(
        "addresses before the advert",
        MACHINE,
        "[self._advert(), self._transition(cause, reason), AddAddresses(),",
        "[AddAddresses(), self._advert(), self._transition(cause, reason),",
    ),
    Mutant(
        "waits its whole time after a resignation",
        MACHINE,
        "master_down_at_ns=now_ns + skew_ns",
        "master_down_at_ns=now_ns + self.master_down_interval_ns",
    ),
    Mutant(
        "takes over at once after a resignation",
        MACHINE,
        "master_down_at_ns=now_ns + skew_ns",
        "master_down_at_ns=now_ns",
    ),
    Mutant(
        "learns the interval in version 2",
        MACHINE,
        "if self.settings.expected.version == 3 else self.settings.interval_ns",
        "if self.settings.expected.version == 2 else self.settings.interval_ns + 1",
    ),
    Mutant("restarts its timer for lower adverts", MACHINE, "if priority >= self.priority or not preempt:", "if True:"),
    Mutant(
        "equal adverts do not restart the timer",
        MACHINE,
        "if priority >= self.priority or not preempt:",
        "if priority > self.priority or not preempt:",
    ),
    Mutant("preempts though told not to", MACHINE, "or not preempt:", "or False:"),
    Mutant("a preempt delay that never ends", MACHINE, "if now_ns < ends_ns:", "if True:"),
    Mutant("a preempt delay that begins anew with each advert", MACHINE, "state.preempt_at_ns or now_ns", "now_ns"),
    Mutant("an owner starts as backup", MACHINE, "if owner and not self.waits_for_group:  # §6.4.1", "if False:"),
    Mutant(
        "drifts",
        STATES,
        "self.advert_due_ns += (missed + 1) * interval_ns",
        "self.advert_due_ns = now_ns + interval_ns",
    ),
    Mutant("catches up after a stall", STATES, "(missed + 1) * interval_ns", "interval_ns"),
    Mutant("answers no lower advert", MACHINE, "if self.settings.answer_lower and (", "if False and ("),
    Mutant("answers every lower advert", MACHINE, "now_ns - state.answered_at_ns >= gap_ns", "True"),
    Mutant(
        "does not answer a resignation",
        MACHINE,
        "interval_ns)\n            return [self._advert()]",
        "interval_ns)\n            return []",
    ),
    Mutant(
        "the rhythm goes on after a resignation",
        MACHINE,
        "state = replace(state, advert_due_ns=now_ns + self.settings.interval_ns)",
        "state = state",
    ),
    Mutant(
        "does not announce after a won conflict",
        MACHINE,
        "if now_ns - state.announced_at_ns >= BURST_GAP_NS:",
        "if False:",
    ),
    Mutant(
        "answers while it yields after a pause",
        MACHINE,
        "isinstance(action, SendAdvert | Announce)]",
        "isinstance(action, Announce)]",
    ),
    Mutant(
        "a new priority moves no deadline",
        MACHINE,
        "self.state.master_down_at_ns + change_ns",
        "self.state.master_down_at_ns",
    ),
    Mutant(
        "a new priority moves it the wrong way",
        MACHINE,
        "self.state.master_down_at_ns + change_ns",
        "self.state.master_down_at_ns - change_ns",
    ),
    Mutant(
        "a new priority in the own interval",
        MACHINE,
        "self.settings.expected.version, self.state.interval_ns",
        "self.settings.expected.version, self.settings.interval_ns",
    ),
    Mutant(
        "a skew after a resignation in the own interval",
        MACHINE,
        "skew_time_ns(self.settings.expected.version, self.priority, state.interval_ns)",
        "skew_time_ns(self.settings.expected.version, self.priority, self.settings.interval_ns)",
    ),
    Mutant(
        "waits for the master in the own interval",
        MACHINE,
        "master_down_at_ns=now_ns + self._down_interval_ns(interval_ns),",
        "master_down_at_ns=now_ns + self._down_interval_ns(self.settings.interval_ns),",
    ),
    Mutant(
        "learns the interval and forgets it again",
        MACHINE,
        "            interval_ns=interval_ns,\n            preempt_at_ns",
        "            interval_ns=self.settings.interval_ns,\n            preempt_at_ns",
    ),
    Mutant(
        "waits by another interval when its group makes it backup",
        MACHINE,
        "self.state = Backup(now_ns + self.master_down_interval_ns, self.settings.interval_ns)",
        "self.state = Backup(now_ns + 2 * self.master_down_interval_ns, self.settings.interval_ns)",
    ),
    Mutant(
        "recovers from a fault as master",
        MACHINE,
        "if owner and not self.waits_for_group:  # §6.4.1",
        "if self.statistics.master_transitions:",
    ),
    Mutant("believes what it refuses", MACHINE, "if judgement.refused:\n", "if False:\n"),
    Mutant(
        "a refused packet moves the advert",
        MACHINE,
        COUNTS,
        COUNTS + "            if isinstance(self.state, Master):\n                self.state = " + MOVED_ADVERT,
    ),
    Mutant(
        "a refused packet keeps a backup waiting",
        MACHINE,
        COUNTS,
        COUNTS + "            if isinstance(self.state, Backup):\n                self.state = " + MOVED_TAKEOVER,
    ),
    Mutant("any version", RECEIVE, "advert.version != expected.version:", "advert.version == 9:"),
    Mutant("any TTL", RECEIVE, "{Reason.TTL_NOT_255} if expected.unicast else set()", "{Reason.TTL_NOT_255}"),
    Mutant(
        "any checksum",
        RECEIVE,
        "if Reason.BAD_CHECKSUM in problems or",
        "problems = [p for p in problems if p is not Reason.BAD_CHECKSUM]\n    if",
    ),
    Mutant("another VRID", RECEIVE, "if advert.vrid != expected.vrid or", "if"),
    Mutant(
        "another interval in version 2",
        RECEIVE,
        "advert.interval_ns != expected.interval_ns:\n        return Reason",
        "advert.interval_ns == -1:\n        return Reason",
    ),
    Mutant("a group whose masters stay alone", GROUP, 'leads = transition.after == "master" or', "leads ="),
    Mutant(
        "a group whose backups stay alone",
        GROUP,
        ' or (transition.before, transition.after) == ("master", "backup")',
        "",
    ),
    Mutant(
        "a group that moves with a fault",
        GROUP,
        'leads = transition.after == "master" or',
        'leads = transition.after == "fault" or',
    ),
    Mutant(
        "a group that stops at the first",
        GROUP,
        "            done.append((name, router.handle",
        "            if done:\n                break\n            done.append((name, router.handle",
    ),
)
