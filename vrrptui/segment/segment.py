"""The segment model: assigns received adverts to groups and reports what happened as events.

All tables are bounded: the groups and routers silent for longest are evicted and counted. Discarded adverts are counted
and diagnosed, but do not show that a router is alive (RFC 9568 §7.1).
"""

from __future__ import annotations

from collections import Counter, OrderedDict

from vrrptui.protocol.advert import PRIORITY_RESIGN, Address, Family, Reason
from vrrptui.segment import diagnosis, mastership, suspicion
from vrrptui.segment.codes import EXPLANATIONS, Code
from vrrptui.segment.deadlines import Deadlines, Rounds
from vrrptui.segment.events import Kind, SegmentEvent
from vrrptui.segment.group import (
    JITTER_SHARE,
    LATE_INTERVALS,
    NEVER_NS,
    Answer,
    Evidence,
    Group,
    GroupKey,
    HeardFrame,
    Role,
    Router,
    Sighting,
)
from vrrptui.segment.news import announced, changes
from vrrptui.segment.oldest import Oldest
from vrrptui.segment.overheard import MAX_OTHERS, Announced, Listeners, Listening, OtherProtocol, Overheard, Place
from vrrptui.segment.serving import FEW, Serving, Spread

MAX_GROUPS = 1024
MAX_ROUTERS = 4096
MAX_VHIDS = 1024
MAX_ROUTERS_PER_GROUP = 64  # also bounds the pairs that a diagnosis compares
DIAGNOSIS_PAUSE_NS = 50_000_000  # minimum time between two diagnoses of a group because of received packets
ANSWER_PAUSE_NS = 20_000_000  # minimum time between two immediate diagnoses because of an announcement
LISTENED_PAUSE_NS = 2_000_000_000  # minimum time between two updates of groups because of their listeners
RUN_INTERVALS = 10  # a longer silence ends a run of adverts
# Reasons that make the VRID of a message unreliable; such a message creates no group.
UNBELIEVABLE = {Reason.NOT_VRRP, Reason.CARP, Reason.BAD_VERSION, Reason.BAD_TYPE, Reason.TRUNCATED, Reason.BAD_VRID}
UNBELIEVABLE |= {Reason.BAD_IP_CHECKSUM}  # and its source
WORTH_KNOWING = {code for code in Code if EXPLANATIONS[code].severity == "ok"}  # without an event
UNTOLD = WORTH_KNOWING | {Code.NO_MASTER, Code.DUAL_MASTER}  # reported by MASTER_LOST and SECOND_MASTER


class Segment:
    """All groups heard. Call `hear` for every frame and `tick` when `next_deadline_ns` is due."""

    def __init__(self, max_groups: int = MAX_GROUPS, max_routers: int = MAX_ROUTERS) -> None:
        self.groups: dict[GroupKey, Group] = {}
        self.refused: Counter[Reason] = Counter()  # frames by their first reason
        self.listeners = Listeners()
        self.others: OrderedDict[tuple[Place, str, Address], int] = OrderedDict()  # when last heard
        self.vhids: OrderedDict[tuple[Place, int], Address] = OrderedDict()  # CARP's VHIDs, and each one's last sender
        self.evicted_groups = 0
        self.evicted_routers = 0
        self._max_groups = max_groups
        self._max_routers = max_routers
        self._routers: dict[Router, Group] = {}
        self._oldest_group: Oldest[Group] = Oldest(lambda g: g.heard_ns if self.groups.get(g.key) is g else None)
        self._oldest_router: Oldest[Router] = Oldest(lambda r: r.last_seen_ns if r in self._routers else None)
        self._deadlines = Deadlines()
        self._rounds = Rounds()
        self._changed: set[GroupKey] = set()
        self._serving = Serving()
        self._spread = Spread(self._serving)
        self._answered_ns = self._listened_ns = -NEVER_NS  # when a report last caused an immediate diagnosis or update
        self._listened: set[Place] = set()  # where listeners have changed since then
        self._now_ns = 0

    def hear(self, now_ns: int, frame: HeardFrame) -> list[SegmentEvent]:
        """Process an advert; a time before the last one is taken as the last one."""
        now_ns = self._now_ns = max(self._now_ns, now_ns)
        if frame.advert.problems or frame.own_source:
            return self._refuse(now_ns, frame)
        group = self._group(frame.key, now_ns)
        events = self._accept(now_ns, frame, group)
        self._settle(group)
        return events

    def speaker(self, frame: HeardFrame) -> Router | None:
        """Return the router for which repeats of `frame` can go to `Router.refresh` instead of `hear`, or None.

        This holds while the router's `steady` is the same object as `frame` and no deadline is due.
        """
        group = self.groups.get(frame.key) if frame.advert.vrid is not None else None
        router = group.steady if group else None
        return router if router and router.steady is frame else None

    def _accept(self, now_ns: int, frame: HeardFrame, group: Group) -> list[SegmentEvent]:
        advert = frame.advert
        router = group.routers.get(advert.source)
        # Process earlier losses first, in case the caller's timer is late.
        late = now_ns >= group.wake_ns or (group.steady is not None and now_ns >= group.steady.lost_at_ns)
        events = mastership.check_silence(group, now_ns) if late else []
        if router and router is group.steady and _same(router, frame) and not suspicion.is_late(router, now_ns):
            self._note(group, router, frame, now_ns)
            return events
        events += changes(group, router, advert, now_ns)
        if advert.priority:
            suspicion.look(group, router, advert, now_ns)
            if router:
                suspicion.look_at_return(group, router, now_ns)
        router = self._router(group, frame, now_ns)
        self._note(group, router, frame, now_ns)
        judge = mastership.resigned if advert.priority == PRIORITY_RESIGN else mastership.heard
        vacant, judged = group.vacant, judge(group, router, now_ns)
        suspicion.note_answer(group, router, now_ns)
        turned = bool(judged) or group.vacant is not vacant
        return events + judged + (self._diagnose(group, now_ns) if turned else self._diagnose_soon(group, now_ns))

    def overhear(self, now_ns: int, heard: Overheard) -> list[SegmentEvent]:
        """Process an announcement of an address, a listener's report, or another protocol."""
        now_ns = self._now_ns = max(self._now_ns, now_ns)
        place = (heard.interface, heard.vlan)
        if isinstance(heard, OtherProtocol):
            self._note_other(place, heard.name, heard.source, now_ns)
            return []
        if isinstance(heard, Listening):
            if self.listeners.note(heard, now_ns):
                self._listened.add(place)
            return []
        where = (place, heard.address)
        groups = self._serving.of(where)
        if len(groups) > FEW:
            self._spread.hear(where, heard, now_ns)
            return []
        return [event for group in tuple(groups) for event in self._answered(group, heard, now_ns)]

    def _answered(self, group: Group, heard: Announced, at_ns: int) -> list[SegmentEvent]:
        """Process an announcement, made at `at_ns`, of an address of the group."""
        before = group.answers.get(heard.address)
        same = before is not None and before.mac == heard.mac
        since_ns = before.since_ns if before and same else at_ns
        group.answers[heard.address] = Answer(heard.mac, heard.how, at_ns, since_ns)
        events = announced(group, heard, at_ns)
        if not same:
            self._changed.add(group.key)
            if self._now_ns - self._answered_ns >= ANSWER_PAUSE_NS:
                self._answered_ns = self._now_ns
                events += self._diagnose(group, self._now_ns)
            else:
                group.rethink_ns = min(group.rethink_ns, max(self._now_ns, group.diagnosed_ns + DIAGNOSIS_PAUSE_NS))
            self._settle(group)
        return events

    def tick(self, now_ns: int, most: int = NEVER_NS) -> list[SegmentEvent]:
        """Process expired deadlines.

        At most `most` groups of each kind of deadline are examined; the others remain due.
        """
        now_ns = self._now_ns = max(self._now_ns, now_ns)
        events: list[SegmentEvent] = []
        for group, heard, at_ns in self._spread.take(now_ns, most):
            if group.key in self.groups:
                events += self._answered(group, heard, at_ns)
        for group in (*self._deadlines.take_due(now_ns, most), *self._rounds.take_lost(now_ns, most)):
            master, silence = group.master, mastership.check_silence(group, now_ns)
            if silence or group.master is not master or now_ns >= group.rethink_ns:  # else no change
                events += silence + self._diagnose(group, now_ns)
                self._changed.add(group.key)
            if not group.routers and not group.problems:  # all its adverts were discarded
                self._forget(group)
            else:
                self._settle(group)
        return events

    def next_deadline_ns(self) -> int | None:
        """Return when to call `tick` at the latest, or None if there is no deadline."""
        times = (self._deadlines.earliest_ns(), self._rounds.earliest_ns(), self._spread.earliest_ns())
        return min((time_ns for time_ns in times if time_ns is not None), default=None)

    def take_changed(self) -> set[GroupKey]:
        """Return the groups that changed since the last call; a key that is not in `groups` was removed."""
        if self._listened and self._now_ns - self._listened_ns >= LISTENED_PAUSE_NS:
            self._changed.update(key for key in self.groups if key.place in self._listened)
            self._listened_ns = self._now_ns
            self._listened.clear()
        changed, self._changed = self._changed, set()
        for router, group in self._rounds.masters.items():
            if router.adverts != router.adverts_told:
                router.adverts_told = router.adverts
                changed.add(group.key)
        return changed

    def _note_other(self, place: Place, name: str, source: Address, now_ns: int) -> None:
        self.others[place, name, source] = now_ns
        if len(self.others) > MAX_OTHERS:
            self.others.popitem(last=False)

    def _hear_carp(self, now_ns: int, frame: HeardFrame) -> list[SegmentEvent]:
        """Record a CARP VHID; its virtual MAC address is that of the IPv4 group with this VRID, even for IPv6."""
        place, vhid, source = frame.key.place, frame.key.vrid, frame.advert.source
        self._note_other(place, f"CARP (VHID {vhid})", source, now_ns)
        self.vhids[place, vhid] = source
        self.vhids.move_to_end((place, vhid))
        if len(self.vhids) > MAX_VHIDS:
            self.vhids.popitem(last=False)
        group = self.groups.get(GroupKey(*place, Family.IPV4, vhid))
        if group is None or not suspicion.look_at_carp(group, source, now_ns):
            return []
        events = self._diagnose_soon(group, now_ns)
        self._settle(group)
        return events

    def _refuse(self, now_ns: int, frame: HeardFrame) -> list[SegmentEvent]:
        advert = frame.advert
        if Reason.CARP in advert.problems and Reason.BAD_IP_CHECKSUM not in advert.problems:
            self.refused[Reason.CARP] += 1
            return self._hear_carp(now_ns, frame)
        if advert.vrid == 0 and advert.problems[0] is Reason.BAD_VRID:
            self._note_other(frame.key.place, "VRID 0 (invalid: 1 to 255)", advert.source, now_ns)
        self.refused[advert.problems[0] if advert.problems else Reason.OWN_SOURCE] += 1
        telling = [reason for reason in advert.problems if reason in diagnosis.REFUSALS]
        if not (telling or frame.own_source) or not UNBELIEVABLE.isdisjoint(advert.problems):
            return []
        group = self._group(frame.key, now_ns)
        group.strangers += 1
        if frame.own_source:
            suspicion.look_at_own_source(group, frame, now_ns)
        for reason in telling:
            evidence = Evidence(str(advert.source), now_ns, reason.value)
            before = group.refused.get(reason)
            group.refused[reason] = Sighting("", evidence, now_ns, before.count + 1 if before else 1)
        events = self._diagnose_soon(group, now_ns)
        self._settle(group)
        return events

    def _diagnose_soon(self, group: Group, now_ns: int) -> list[SegmentEvent]:
        """Diagnose now, or shortly after if the last diagnosis was recent, to bound the cost of a flood."""
        if now_ns - group.diagnosed_ns >= DIAGNOSIS_PAUSE_NS:
            return self._diagnose(group, now_ns)
        group.rethink_ns = min(group.rethink_ns, group.diagnosed_ns + DIAGNOSIS_PAUSE_NS)
        return []

    def _diagnose(self, group: Group, now_ns: int) -> list[SegmentEvent]:
        group.diagnosed_ns = now_ns
        before, group.problems = group.problems, diagnosis.diagnose(group, now_ns)
        group.rethink_ns = diagnosis.wake_ns(group, now_ns)
        events = []
        for code in group.problems.keys() - before.keys() - UNTOLD:
            event = SegmentEvent(
                time_ns=now_ns,
                group=group.key,
                kind=Kind.PROBLEM,
                severity=EXPLANATIONS[code].severity,
                code=code,
                text=group.problems[code].text,
            )
            events.append(event)
        for code in before.keys() - group.problems.keys() - UNTOLD:
            text = f"{code.value} is over"
            events.append(SegmentEvent(time_ns=now_ns, group=group.key, kind=Kind.CLEARED, code=code, text=text))
        return sorted(events, key=lambda event: (event.kind.value, event.text))

    def _settle(self, group: Group) -> None:
        """Update whether the group is steady, and its deadlines, after any change to it."""
        self._serving.note(group)
        master = group.master
        if master is None or not _goes_on(group, master):
            self._unsettle(group)
            wake_ns = min(mastership.wake_ns(group), group.rethink_ns)
            if wake_ns < group.wake_ns:  # an early deadline does no harm
                self._deadlines.set(group, wake_ns)
            return
        if group.steady is not master:
            self._unsettle(group)
            group.steady = master
        master.steady, master.late_ns = master.frame, LATE_INTERVALS * master.interval_ns
        self._rounds.set(master, group, self._now_ns)
        self._deadlines.set(group, group.rethink_ns)

    def _unsettle(self, group: Group) -> None:
        if group.steady:
            group.touched_ns = group.heard_ns
            group.steady.steady = None
            self._rounds.remove(group.steady)
            group.steady = None

    def _group(self, key: GroupKey, now_ns: int) -> Group:
        self._changed.add(key)
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= self._max_groups:
                self._evict_group()
            group = self.groups[key] = Group(key)
        group.touched_ns = now_ns
        return group

    def _evict_group(self) -> None:
        group = self._oldest_group.first(self.groups.values())
        for router in group.routers.values():
            del self._routers[router]
        self._forget(group)
        self.evicted_groups += 1

    def _forget(self, group: Group) -> None:
        del self.groups[group.key]
        self._serving.forget(group)
        self._unsettle(group)
        self._deadlines.set(group, NEVER_NS)
        self._changed.add(group.key)

    def _router(self, group: Group, frame: HeardFrame, now_ns: int) -> Router:
        """Return the sender, known or new, with the fields of its advert."""
        advert = frame.advert
        router = group.routers.get(advert.source)
        if router is None:
            if len(group.routers) >= MAX_ROUTERS_PER_GROUP:
                self._evict_router(min(group.routers.values(), key=lambda r: (r.role is Role.MASTER, r.last_seen_ns)))
            elif len(self._routers) >= self._max_routers:
                self._evict_router(self._oldest_router.first(self._routers))
            router = Router(source=advert.source, first_seen_ns=now_ns, last_seen_ns=now_ns, speaking_since_ns=now_ns)
            group.routers[advert.source] = router
            self._routers[router] = group
        assert advert.interval_ns is not None
        assert advert.auth is not None
        assert advert.version is not None
        assert advert.checksum is not None
        router.advert, router.source_mac = advert, frame.source_mac
        router.interval_ns, router.version = advert.interval_ns, advert.version
        router.auth, router.auth_data, router.checksum = advert.auth, advert.auth_data, advert.checksum
        router.addresses, router.local = advert.addresses, frame.local
        router.priority = advert.priority or router.priority
        return router

    def _evict_router(self, router: Router) -> None:
        group = self._routers.pop(router)
        del group.routers[router.source]
        if group.master is router:
            group.master = None
        if group.departure and group.departure.router is router:
            group.departure, group.vacant = None, False
        self.evicted_routers += 1
        group.rethink_ns = self._now_ns  # so that the next tick removes an empty group
        self._settle(group)

    def _note(self, group: Group, router: Router, frame: HeardFrame, now_ns: int) -> None:
        """Count an advert of `router`, and update its time and jitter."""
        gap_ns = now_ns - router.last_seen_ns
        if router.role is Role.RESIGNED or gap_ns > RUN_INTERVALS * router.interval_ns:
            router.speaking_since_ns = now_ns
        elif router.adverts and gap_ns < LATE_INTERVALS * router.interval_ns and frame.advert.priority:
            router.jitter_ns += (abs(gap_ns - router.interval_ns) - router.jitter_ns) // JITTER_SHARE
        router.last_seen_ns = now_ns
        router.adverts += 1
        if router is group.master:
            group.strangers = 0
        router.frame = frame


def _same(router: Router, frame: HeardFrame) -> bool:
    """Report whether the advert equals the router's last one."""
    advert = frame.advert
    return (router.advert is advert or router.advert == advert) and router.source_mac == frame.source_mac


def _goes_on(group: Group, master: Router) -> bool:
    """Report whether a timely repeat of the master's last advert would change nothing but its counters.

    The group may have problems: these end by time, or by adverts of other routers.
    """
    if group.strangers or master.interval_ns <= 0:
        return False
    return all(router is master or router.role is not Role.MASTER for router in group.routers.values())
