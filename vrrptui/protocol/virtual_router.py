"""The state machine of one virtual router (RFC 9568 §6.4 and RFC 3768 §6.4, with errata).

It takes events with their time and returns actions in the order in which to perform them. A discarded packet changes no
state and no timer. Faults and priorities come in as events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vrrptui.protocol.actions import (
    Action,
    AddAddresses,
    Announce,
    Cause,
    Log,
    LowerHeard,
    RemoveAddresses,
    SendAdvert,
    Transition,
)
from vrrptui.protocol.advert import PRIORITY_RESIGN, Address, Advert, Checksum, Reason
from vrrptui.protocol.authentication import Sequence
from vrrptui.protocol.events import (
    AdvertReceived,
    Event,
    FaultsChanged,
    Follow,
    GroupReady,
    PriorityChanged,
    Reconfigured,
    Shutdown,
    SourceChanged,
    Started,
    Startup,
    Stopped,
    Tick,
    Waits,
)
from vrrptui.protocol.receive import Judgement, complaint, judge
from vrrptui.protocol.settings import Settings
from vrrptui.protocol.states import Backup, Initialize, Master, State
from vrrptui.protocol.statistics import COUNTER_OF_REASON, LogLimit, Statistics
from vrrptui.protocol.timers import master_down_interval_ns, skew_time_ns

ANSWER_GAP_NS = 10_000_000  # minimum time between two answers to lower priorities; a tenth of the interval if longer
BURST_GAP_NS = 1_000_000_000  # minimum time between two announcements caused by adverts of lower priority
LATE = "late"  # LogLimit key for late adverts


@dataclass(slots=True)
class VirtualRouter:
    """One virtual router. `handle`, `receive_all` and `take_advert` change its state."""

    settings: Settings
    state: State = field(default_factory=Initialize)
    priority: int = 0  # effective; initially the base priority
    source: Address | None = None
    running: bool = False  # between Startup and Shutdown
    stopped_by: Stopped | None = None
    waits_for_group: bool = False  # another member of its sync group is not ready to become master
    faults: tuple[str, ...] = ()
    reason: str = "not started"  # for the present state
    announced: str = "init"  # the state in the last Transition
    checksum: Checksum | None = None  # the form in the last accepted advert
    sequence: Sequence = field(default_factory=Sequence)  # of authentication headers
    statistics: Statistics = field(default_factory=Statistics)
    _limit: LogLimit = field(default_factory=LogLimit)

    def __post_init__(self) -> None:
        self.priority = self.priority or self.settings.priority

    @property
    def state_name(self) -> str:
        """One of master, backup, fault, stopped or init."""
        match self.state:
            case Master():
                return "master"
            case Backup():
                return "backup"
        if self.stopped_by is not None:
            return "stopped"
        return "fault" if self.faults and self.running else "init"

    @property
    def interval_ns(self) -> int:
        """The interval in use: the learned one while backup, otherwise the router's own."""
        return self.state.interval_ns if isinstance(self.state, Backup) else self.settings.interval_ns

    @property
    def skew_time_ns(self) -> int:
        return skew_time_ns(self.settings.expected.version, self.priority, self.interval_ns)

    @property
    def master_down_interval_ns(self) -> int:
        return self._down_interval_ns(self.interval_ns)

    def _down_interval_ns(self, interval_ns: int) -> int:
        version, adverts = self.settings.expected.version, self.settings.down_adverts
        return master_down_interval_ns(version, self.priority, interval_ns, adverts)

    def next_deadline_ns(self) -> int | None:
        """Return when the next Tick is due; None if no timer runs."""
        match self.state:
            case Backup(master_down_at_ns=due_ns):
                return due_ns
            case Master(advert_due_ns=due_ns, announce_at_ns=announce_ns):
                return due_ns if announce_ns is None else min(due_ns, announce_ns)
        return None

    def twin(self) -> VirtualRouter:
        """Return an independent copy, to try out events."""
        sequence, limit = self.sequence.twin(), self._limit.twin()
        state, statistics = replace(self.state), replace(self.statistics)
        return replace(self, state=state, statistics=statistics, sequence=sequence, _limit=limit)

    def take_advert(self, now_ns: int, step_ns: int | None = None) -> int | None:
        """Handle a Tick quickly if only a master's advert is due; return as `Master.take_advert` does."""
        state, interval_ns = self.state, self.settings.interval_ns
        if type(state) is not Master:
            return None
        if now_ns - state.advert_due_ns > interval_ns // 2 and self._limit.would_permit(now_ns, LATE):
            return None
        next_ns = state.take_advert(now_ns, interval_ns, step_ns)
        self.statistics.advertisement_sent += next_ns is not None
        return next_ns

    def handle(self, now_ns: int, event: Event) -> list[Action]:
        """Apply `event` at `now_ns` (monotonic) and return the actions to perform, in order."""
        match event:
            case Tick():
                return self._tick(now_ns)
            case AdvertReceived(advert):
                return self._receive(now_ns, advert)
            case PriorityChanged(priority):
                return self._change_priority(priority)
            case SourceChanged(source):
                self.source = source
            case Follow():
                return self._follow(now_ns, event)
            case GroupReady(ready):
                self.waits_for_group = not ready
            case Reconfigured(settings):
                self.settings = settings
            case Waits(reason):
                self.reason = reason
            case Startup():
                self.running = True
                return self._settle(now_ns, "startup")
            case Shutdown():
                self.running = False
                return self._settle(now_ns, "shutdown")
            case Stopped():
                self.stopped_by = event
                return self._settle(now_ns, f"stopped by {event}")
            case Started(by):
                self.stopped_by = None
                return self._settle(now_ns, f"started by {by}")
            case FaultsChanged(faults):
                before, self.faults = self.faults, faults
                return self._settle(now_ns, f"recovered from: {'; '.join(before)}") if self.running else []
        return []

    def receive_all(self, adverts: Iterable[tuple[int, Advert]]) -> list[Action]:
        """Handle queued adverts, each with its time of arrival, oldest first, and return the actions.

        If the router is not master at the end, the adverts and announcements queued meanwhile are dropped.
        """
        done = [action for at_ns, advert in adverts for action in self.handle(at_ns, AdvertReceived(advert))]
        if isinstance(self.state, Master):
            return done
        kept: list[Action] = [action for action in done if not isinstance(action, SendAdvert | Announce)]
        self.statistics.advertisement_sent -= sum(isinstance(action, SendAdvert) for action in done)
        return kept

    # Taking part.

    def _settle(self, now_ns: int, occasion: str) -> list[Action]:
        """Enter or leave the election after the facts changed; `occasion` names what changed them."""
        obstacle = self._obstacle(occasion)
        if obstacle is None:
            return self._enter(now_ns, occasion) if isinstance(self.state, Initialize) else []
        if obstacle == self.reason and isinstance(self.state, Initialize):
            return []
        done: list[Action] = []
        if isinstance(self.state, Master):  # §6.4.3
            self.statistics.priority_zero_pkts_sent += 1
            done = [SendAdvert(PRIORITY_RESIGN), RemoveAddresses()]
        self.state = Initialize()
        return [*done, self._transition(Cause.NOT_MASTER, obstacle)]

    def _obstacle(self, occasion: str) -> str | None:
        """Return why this router cannot take part, or None if it can."""
        if not self.running:
            return occasion
        if self.stopped_by is not None:
            return f"stopped by {self.stopped_by}"
        return "; ".join(self.faults) or None

    def _enter(self, now_ns: int, occasion: str) -> list[Action]:
        owner, interval_ns = self.settings.owner, self.settings.interval_ns
        if owner and not self.waits_for_group:  # §6.4.1
            return self._become_master(now_ns, Cause.PRIORITY, "address owner")
        self.state = Backup(now_ns + self._down_interval_ns(interval_ns), interval_ns, ready=owner)
        return [self._transition(Cause.NOT_MASTER, occasion)]

    def _transition(self, cause: Cause, reason: str) -> Transition:
        before, self.announced, self.reason = self.announced, self.state_name, reason
        return Transition(before, self.announced, cause, reason)

    # Timers.

    def _tick(self, now_ns: int) -> list[Action]:
        match self.state:
            case Backup(master_down_at_ns=due_ns) as state if now_ns >= due_ns and self.waits_for_group:
                self.state = state.wait_on(now_ns + self._down_interval_ns(state.interval_ns))
            case Backup(master_down_at_ns=due_ns, cause=cause) if now_ns >= due_ns:
                waited_s = self.master_down_interval_ns / 1e9
                reason = {
                    Cause.PRIORITY: f"{self.state.master} resigned (priority 0)",
                    Cause.PREEMPTED: f"our priority {self.priority} is higher than {self.state.master_priority}",
                }.get(cause, f"no advert for {waited_s:.3f} s")
                advert, *rest = self._become_master(now_ns, cause, reason)
                return [advert, Log("info", "Receive advertisement timeout"), *rest]
            case Master():
                return self._tick_master(now_ns, self.state)
        return []

    def _tick_master(self, now_ns: int, state: Master) -> list[Action]:
        done: list[Action] = []
        if now_ns >= state.advert_due_ns:
            interval_ns = self.settings.interval_ns
            late_ns = now_ns - state.advert_due_ns
            if late_ns > interval_ns // 2 and self._limit.permits(now_ns, LATE):
                done.append(Log("warning", f"our own advert was late by {late_ns / 1e6:.1f} ms: this host is slow"))
            state.move_on(now_ns, interval_ns)
            done.insert(0, self._advert())
        if state.announce_at_ns is not None and now_ns >= state.announce_at_ns:
            refresh_ns = self.settings.announce_refresh_ns
            again_ns = now_ns + refresh_ns if refresh_ns else None
            done.append(Announce(state.announcing))
            state = replace(state, announce_at_ns=again_ns, announcing="refresh", announced_at_ns=now_ns)
        self.state = state
        return done

    def _become_master(self, now_ns: int, cause: Cause, reason: str) -> list[Action]:
        """Become master: send an advert, then add the addresses and announce them (§6.4.1, §6.4.2)."""
        delay_ns = self.settings.announce_delay_ns or self.settings.announce_refresh_ns
        self.state = Master(
            advert_due_ns=now_ns + self.settings.interval_ns,
            announce_at_ns=now_ns + delay_ns if delay_ns else None,
            announcing="takeover" if self.settings.announce_delay_ns else "refresh",
            announced_at_ns=now_ns,
        )
        self.statistics.master_transitions += 1
        return [self._advert(), self._transition(cause, reason), AddAddresses(), Announce()]

    def _advert(self) -> Action:
        self.statistics.advertisement_sent += 1
        return SendAdvert(self.priority)

    # Adverts.

    def _receive(self, now_ns: int, advert: Advert) -> list[Action]:
        if isinstance(self.state, Initialize):
            return []
        judgement = judge(advert, self.settings.expected, self.source)
        header = advert.header
        if judgement.refused is None and header and not self.sequence.accept(advert.source, header.sequence):
            judgement = Judgement(Reason.REPLAYED)
        if judgement.refused:
            self.statistics.count(judgement.refused)
            return self._complain(now_ns, judgement.refused, advert)
        self.statistics.advertisement_rcvd += 1
        self.checksum = advert.checksum
        done: list[Action] = []
        for note in judgement.notes:
            if note is Reason.ADDRESS_LIST and self._compared(advert):
                continue
            if note in COUNTER_OF_REASON:
                self.statistics.count(note)
            done += self._complain(now_ns, note, advert)
        if advert.priority == PRIORITY_RESIGN:
            self.statistics.priority_zero_pkts_rcvd += 1
        if isinstance(self.state, Backup):
            return done + self._backup_hears(now_ns, self.state, advert)
        return done + self._master_hears(now_ns, self.state, advert)

    def _compared(self, advert: Advert) -> bool:
        """Report whether this master's addresses were compared before (skip_check_adv_addr)."""
        known = isinstance(self.state, Backup) and self.state.master == advert.source
        return known and self.settings.compare_once

    def _complain(self, now_ns: int, reason: Reason, advert: Advert) -> list[Action]:
        if not self._limit.permits(now_ns, (reason, advert.source)):
            return []
        return [Log("warning", complaint(reason, advert, self.settings.expected))]

    def _wait_for_master(self, now_ns: int, advert: Advert, preempt_at_ns: int | None) -> None:
        """Restart the timer (§6.4.2): v3 learns the master's interval, v2 keeps its own (RFC 3768 §6.1)."""
        assert advert.interval_ns is not None
        interval_ns = advert.interval_ns if self.settings.expected.version == 3 else self.settings.interval_ns
        self.state = Backup(
            master_down_at_ns=now_ns + self._down_interval_ns(interval_ns),
            interval_ns=interval_ns,
            preempt_at_ns=preempt_at_ns,
            master=advert.source,
            master_priority=advert.priority,
            heard_at_ns=now_ns,
        )

    def _backup_hears(self, now_ns: int, state: Backup, advert: Advert) -> list[Action]:
        priority = advert.priority or 0
        if priority == PRIORITY_RESIGN:
            skew_ns = skew_time_ns(self.settings.expected.version, self.priority, state.interval_ns)
            self.state = replace(state, master_down_at_ns=now_ns + skew_ns, cause=Cause.PRIORITY, master=advert.source)
            return [Log("info", "Backup received priority 0 advertisement")]
        preempt = self.settings.preempt or self.settings.owner
        if priority >= self.priority or not preempt:
            self._wait_for_master(now_ns, advert, None)
            return []
        if self.settings.preempt_delay_ns:
            ends_ns = state.preempt_at_ns or now_ns + self.settings.preempt_delay_ns
            if now_ns < ends_ns:
                self._wait_for_master(now_ns, advert, ends_ns)
                return []
        # §6.4.2: discarded; the timer keeps running and the router takes over when it expires.
        self.state = replace(
            state, cause=Cause.PREEMPTED, master=advert.source, master_priority=priority, heard_at_ns=now_ns
        )
        if not self._limit.permits(now_ns, ("lower", advert.source)):
            return []
        return [Log("info", f"received lower priority ({priority}) advert from {advert.source} - discarding")]

    def _master_hears(self, now_ns: int, state: Master, advert: Advert) -> list[Action]:
        priority = advert.priority or 0
        if priority == PRIORITY_RESIGN:  # §6.4.3: send an advert at once and restart the timer
            self.state = replace(state, advert_due_ns=now_ns + self.settings.interval_ns)
            return [self._advert()]
        own = int(self.source) if self.source is not None else 0
        if priority > self.priority or (priority == self.priority and int(advert.source) > own):
            return self._yield_to(now_ns, advert)
        done: list[Action] = []
        gap_ns = max(ANSWER_GAP_NS, self.settings.interval_ns // 10)
        if self.settings.answer_lower and (state.answered_at_ns is None or now_ns - state.answered_at_ns >= gap_ns):
            state = replace(state, answered_at_ns=now_ns)
            done.append(self._advert())
        if now_ns - state.announced_at_ns >= BURST_GAP_NS:  # the other router may have attracted the traffic
            state = replace(state, announced_at_ns=now_ns)
            if again_ns := self.settings.announce_lower_delay_ns:
                state = replace(state, announce_at_ns=now_ns + again_ns, announcing="conflict")
            done += [Announce("conflict"), LowerHeard()]
        self.state = state
        if self._limit.permits(now_ns, ("lower", advert.source)):
            text = f"Received advert from {advert.source} with lower priority {priority}, ours {self.priority}"
            done.append(Log("info", f"{text}, forcing new election"))
        return done

    def _yield_to(self, now_ns: int, advert: Advert) -> list[Action]:
        """Become backup because a better router is master, whatever the preempt mode (§6.4.3)."""
        if advert.priority == self.priority:
            text = f"same priority {advert.priority} but higher IP address than ours"
        else:
            text = f"higher priority {advert.priority}, ours {self.priority}"
        help_out = [self._advert()] if self.settings.answer_higher else []  # makes the other announce again
        self._wait_for_master(now_ns, advert, None)
        return [
            *help_out,
            Log("info", f"Master received advert from {advert.source} with {text}"),
            self._transition(Cause.NOT_MASTER, f"{advert.source} advertises {text}"),
            RemoveAddresses(),
        ]

    # Sync groups.

    def _follow(self, now_ns: int, event: Follow) -> list[Action]:
        reason = f"sync group {event.group}: {event.member} is {event.state}"
        line = Log("info", f"VRRP_Group({event.group}) Syncing {self.settings.name} to {event.state.upper()} state")
        match self.state:
            case Backup() if event.state == "master":
                return [line, *self._become_master(now_ns, Cause.SYNC_GROUP, reason)]
            case Master() if event.state == "backup":
                self.state = Backup(now_ns + self.master_down_interval_ns, self.settings.interval_ns)
                return [line, self._transition(Cause.NOT_MASTER, reason), RemoveAddresses()]
        return []

    # Priority.

    def _change_priority(self, priority: int) -> list[Action]:
        if priority == self.priority:
            return []
        before, self.priority = self.priority, priority
        if isinstance(self.state, Backup):  # the deadline includes the skew time, which has changed
            version, interval_ns = self.settings.expected.version, self.state.interval_ns
            change_ns = skew_time_ns(version, priority, interval_ns) - skew_time_ns(version, before, interval_ns)
            self.state = replace(self.state, master_down_at_ns=self.state.master_down_at_ns + change_ns)
        return [Log("info", f"Changing effective priority from {before} to {priority}")]
