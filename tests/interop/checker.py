"""A judge of captures: knows the formulas of VRRP's timers, a capture, and what was done to the routers; nothing else.

INV1 crash, INV2 resignation, INV3 start, INV4 overlap of a preemption, INV5 two masters after a partition, INV6 resume,
INV7 the best one rules, INV8 who has an address, INV9 announcements, INV10 silence and rhythm, INV11 no flapping, INV12
sync groups, INV14 refused packets; FORM is how an honest router's adverts look. What a capture cannot show (a kernel's
addresses, a machine's state) is not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, permutations

from tests.interop.captured import Address, Advert, Captured, Claim

MS = 1_000_000
SECOND = 1_000_000_000
FOR_EVER = 1 << 63
LOOK_BACK = 400  # adverts of a group: how much of its past is looked at


@dataclass(frozen=True)
class Spell:
    """A time in which a router was kept from something, from the wire's point of view."""

    source: Address
    from_ns: int
    to_ns: int = FOR_EVER


@dataclass(frozen=True)
class Facts:
    """What is known beside the capture. Nothing given: every router is honest, hears all, and nothing was done."""

    routers: tuple[Address, ...] = ()  # whose behaviour is judged; empty: everybody's
    version: int = 0  # what the group speaks; 0: what was heard first
    password: bytes = b""
    key: bytes = b""  # of authentication headers
    unicast: bool = False
    away: tuple[Spell, ...] = ()  # killed, stopped, or its cable pulled
    paused: tuple[Spell, ...] = ()  # says nothing, and hears everything afterwards
    cut: tuple[Spell, ...] = ()  # goes on behind a partition: nothing of it comes through, and nothing to it
    deaf: tuple[Spell, ...] = ()  # hears nobody
    lossy: tuple[Spell, ...] = ()  # hears some of it: what it should do cannot be told
    rough: dict[Address, int] = field(default_factory=dict)  # how far a make's timers are cut short, in ns
    slow: dict[Address, int] = field(default_factory=dict)  # by how much a make's first advert is always late, in ns
    quiet: tuple[Address, ...] = ()  # makes that announce at a takeover alone, perhaps before they advertise
    ready: dict[Address, int] = field(default_factory=dict)  # since when a router certainly takes part
    together: tuple[tuple[int, int], ...] = ()  # groups, as (family, VRID), of one sync group
    faults: int | None = None  # how many things were done to the routers
    best: Address | None = None  # who must be the only master at the end
    new_lists: bool = False  # a reload changed the addresses
    late_ns: int = 100 * MS  # how late a live router may be: delay on the wire and lateness of its timers
    early_ns: int = MS


@dataclass(frozen=True, order=True)
class Finding:
    """An invariant that does not hold, when, and why."""

    at_ns: int
    invariant: str
    text: str


def skew_ns(advert: Advert, interval_ns: int) -> int:
    """Skew_Time of the router that sent this advert (RFC 3768 §6.1, RFC 9568 §6.1)."""
    return (256 - advert.priority) * (SECOND if advert.version == 2 else interval_ns) // 256


def down_ns(advert: Advert, interval_ns: int) -> int:
    """Its Master_Down_Interval."""
    return 3 * interval_ns + skew_ns(advert, interval_ns)


def virtual_mac(advert: Advert) -> bytes:
    """The virtual MAC of its group (RFC 9568 §7.3)."""
    return bytes([0, 0, 0x5E, 0, 1 if advert.family == 4 else 2, advert.vrid])


def judge(captured: Captured, facts: Facts = Facts()) -> list[Finding]:
    """Everything in the capture that must not be."""
    adverts = sorted(captured.adverts, key=lambda a: (a.group, a.at_ns))
    elections = {group: Election(list(of), captured, facts) for group, of in groupby(adverts, key=lambda a: a.group)}
    found = {finding for election in elections.values() for finding in election.judge()}
    tied = [elections[group] for group in facts.together if group in elections]
    return sorted(found.union(*(one.followed_by(other) for one, other in permutations(tied, 2))))


class Election:
    """One virtual router's story, read from its adverts."""

    def __init__(self, adverts: list[Advert], captured: Captured, facts: Facts) -> None:
        self.facts, self.captured = facts, captured
        self.version = facts.version or adverts[0].version
        self.refused = [a for a in adverts if self._refusal(a)]
        self.adverts = [a for a in adverts if not self._refusal(a)]
        ours = {address for advert in self.adverts for address in advert.addresses}
        self.claims = [claim for claim in captured.claims if claim.address in ours]
        self.entries: list[Advert] = []  # first adverts of a mastership

    def judge(self) -> Iterator[Finding]:
        yield from self._form()
        for number, advert in enumerate(self.adverts):
            if self._honest(advert):
                yield from self._judge_advert(advert, self.adverts[max(0, number - LOOK_BACK) : number])
        yield from self._announcements()
        yield from self._answers()
        yield from self._start()
        yield from self._end()

    # Which adverts count.

    def _refusal(self, advert: Advert) -> str:
        """Why no router of this group may believe it; empty if it may."""
        flaws = [f for f in advert.flaws if f != "ttl" or not self.facts.unicast]
        if advert.version != self.version:
            return "version"
        if flaws:
            return flaws[0]
        if self.facts.key and (advert.sequence is None or not advert.signed_with(self.facts.key)):
            return "digest"
        if self.facts.password and advert.auth_data != self.facts.password[:8].ljust(8, b"\0"):
            return "password"
        return ""

    def _honest(self, advert: Advert) -> bool:
        return not self.facts.routers or advert.source in self.facts.routers

    def _form(self) -> Iterator[Finding]:
        """FORM: an honest router's adverts can be believed, go to the group, and count up."""
        for advert in self.refused:
            if advert.source in self.facts.routers:
                yield Finding(advert.at_ns, "FORM", f"{advert.source}: {self._refusal(advert)}")
        last: dict[Address, Advert] = {}
        for advert in self.adverts:
            if self._honest(advert):
                before = last.get(advert.source)
                virtual = virtual_mac(advert)
                if advert.mac[:5] == virtual[:5] and advert.mac != virtual:
                    yield Finding(advert.at_ns, "FORM", f"{advert.source}: the virtual MAC of another VRID")
                if (advert.destination.is_multicast) == self.facts.unicast:
                    yield Finding(advert.at_ns, "FORM", f"{advert.source}: to {advert.destination}")
                used = before is not None and advert.sequence is not None and advert.sequence <= (before.sequence or 0)
                if before and used and not self._away(advert.source, before.at_ns, advert.at_ns):
                    yield Finding(advert.at_ns, "FORM", f"{advert.source}: sequence number used again")
                if before and before.addresses != advert.addresses and not self.facts.new_lists:
                    yield Finding(advert.at_ns, "INV8", f"{advert.source}: another list of addresses")
            last[advert.source] = advert

    # Who hears what, and who is there.

    def _within(self, spells: tuple[Spell, ...], source: Address, from_ns: int, to_ns: int) -> bool:
        return any(s.source == source and s.from_ns <= to_ns and from_ns <= s.to_ns for s in spells)

    def _away(self, source: Address, from_ns: int, to_ns: int) -> bool:
        spells = (*self.facts.away, *self.facts.paused, *self.facts.cut)
        return self._within(spells, source, from_ns, to_ns)

    def _heard(self, source: Address, past: list[Advert]) -> list[Advert]:
        """What others said and this one heard, oldest first."""
        facts = self.facts
        missed = [s for s in (*facts.deaf, *facts.lossy, *facts.away, *facts.cut) if s.source == source]
        return [a for a in past if a.source != source and not any(s.from_ns <= a.at_ns <= s.to_ns for s in missed)]

    def _rules(self, source: Address, past: list[Advert], now_ns: int) -> Advert | None:
        """The last advert of a mastership that goes on; None if this router is no master as far as it can know."""
        mine = next((a for a in reversed(past) if a.source == source), None)
        if mine is None or mine.priority == 0:
            return None
        for other in self._heard(source, past):
            if other.at_ns > mine.at_ns and other.priority and other.rank > mine.rank:
                return None
        return None if self._within(self.facts.away, source, mine.at_ns, now_ns) else mine

    def followed_by(self, other: Election) -> Iterator[Finding]:
        """INV12: a router that becomes master here is master there as well."""
        for entry in self.entries:
            late_ns = self.facts.late_ns
            there = [a for a in other.adverts if a.at_ns <= entry.at_ns + late_ns]
            master = other._rules(entry.source, there, entry.at_ns)
            if master is None and entry.at_ns + late_ns < self.captured.end_ns:
                yield self._finding("INV12", entry, f"becomes master of {self.name} and not of {other.name}")

    @property
    def name(self) -> str:
        return f"IPv{self.adverts[0].family} VRID {self.adverts[0].vrid}" if self.adverts else "nothing"

    # One advert.

    def _judge_advert(self, advert: Advert, past: list[Advert]) -> Iterator[Finding]:
        mine = self._rules(advert.source, past, advert.at_ns)
        if self._within(self.facts.lossy, advert.source, advert.at_ns - 4 * advert.interval_ns, advert.at_ns):
            return
        if advert.priority == 0:
            yield from self._resigning(advert, past)
            return
        yield from self._too_early(advert, past, mine)
        if mine is not None:
            yield from self._rhythm(advert, mine, past)
            return
        self.entries.append(advert)
        yield from self._too_late(advert, past)

    def _resigning(self, advert: Advert, past: list[Advert]) -> Iterator[Finding]:
        recent = [a for a in past if a.at_ns >= advert.at_ns - self.facts.late_ns]
        before = past[: len(past) - len(recent)]
        if self._rules(advert.source, past, advert.at_ns) or self._rules(advert.source, before, advert.at_ns):
            return
        yield Finding(advert.at_ns, "INV10", f"{advert.source} resigns and was not master")

    def _early_ns(self, advert: Advert) -> int:
        return self.facts.early_ns + self.facts.rough.get(advert.source, 0)

    def _late_ns(self, advert: Advert) -> int:
        return self.facts.late_ns + self.facts.slow.get(advert.source, 0)

    def _too_early(self, advert: Advert, past: list[Advert], mine: Advert | None) -> Iterator[Finding]:
        """The lower bounds of INV1 and INV2, and INV4 to INV7: who heard a better one is silent."""
        heard = self._heard(advert.source, past)
        early_ns = self._early_ns(advert)
        last = heard[-1] if heard else None
        if last and last.priority == 0 and mine is None and advert.priority < 255:
            waited, least = advert.at_ns - last.at_ns, skew_ns(advert, min(last.interval_ns, advert.interval_ns))
            if waited < least - early_ns:
                yield self._finding("INV2", advert, f"{waited / MS:.1f} ms after a resignation, not {least / MS:.1f}")
            return
        resigned = {a.source for a in past if a.priority == 0 and not self._spoke_after(a, past)}
        better = [a for a in heard if a.priority and a.rank > advert.rank and a.source not in resigned]
        if not better:
            return
        waited = advert.at_ns - better[-1].at_ns
        interval_ns = better[-1].interval_ns if self.version == 3 else advert.interval_ns
        if waited >= down_ns(advert, interval_ns) - early_ns:
            return
        since_first = advert.at_ns - next(
            (a.at_ns for a in better if not mine or a.at_ns >= mine.at_ns - MS), better[-1].at_ns
        )
        previous = next((a for a in reversed(past) if a.source == advert.source and a.priority), None)
        spoke = previous is not None and advert.at_ns - previous.at_ns <= advert.interval_ns + self.facts.late_ns
        if spoke and waited <= self.facts.late_ns and since_first <= advert.interval_ns + self.facts.late_ns:
            return  # the two crossed on the wire, or it was about to yield
        if previous is not None and self._away(advert.source, previous.at_ns, advert.at_ns):
            yield self._finding("INV6", advert, "speaks after its absence though a better one does")
        elif spoke:
            healed = any(s.to_ns < advert.at_ns for s in (*self.facts.deaf, *self.facts.cut))
            invariant = "INV5" if healed else "INV4"
            yield self._finding(invariant, advert, f"goes on {waited / MS:.1f} ms after a better one")
        else:
            yield self._finding("INV1", advert, f"takes over {waited / MS:.1f} ms after a better one spoke")

    def _spoke_after(self, one: Advert, past: list[Advert]) -> bool:
        return any(a.source == one.source and a.priority and a.at_ns > one.at_ns for a in past)

    def _rhythm(self, advert: Advert, mine: Advert, past: list[Advert]) -> Iterator[Finding]:
        """INV10 and INV14: an advert every interval, and one more only as an answer."""
        gap, interval_ns, late_ns = advert.at_ns - mine.at_ns, mine.interval_ns, self.facts.late_ns
        if self._away(advert.source, mine.at_ns, advert.at_ns):
            return
        if gap > interval_ns + late_ns:
            refused = [a for a in self.refused if mine.at_ns <= a.at_ns <= advert.at_ns and not self._honest(a)]
            refused += [a for a in self.refused if mine.at_ns <= a.at_ns <= advert.at_ns and not self.facts.routers]
            invariant = "INV14" if refused else "INV10"
            yield self._finding(invariant, advert, f"was silent for {gap / MS:.1f} ms, interval {interval_ns / MS:g}")
        answered = any(
            a.source != advert.source and a.rank < advert.rank and a.at_ns > advert.at_ns - interval_ns - late_ns
            for a in past
        )
        stalled = self._within(self.facts.paused, advert.source, mine.at_ns - late_ns, advert.at_ns)
        if gap < interval_ns - late_ns and not answered and not stalled:
            yield self._finding("INV10", advert, f"speaks again after {gap / MS:.1f} ms, interval {interval_ns / MS:g}")

    def _too_late(self, advert: Advert, past: list[Advert]) -> Iterator[Finding]:
        """The upper bounds of INV1 and INV2, where this router was there all the time."""
        heard = self._heard(advert.source, past)
        last = heard[-1] if heard else None
        if last is None or self._away(advert.source, last.at_ns, advert.at_ns):
            return
        if self.facts.ready.get(advert.source, 0) > last.at_ns:
            return  # INV3 says by when it must speak
        waited = advert.at_ns - last.at_ns
        if last.priority == 0:
            most, invariant = skew_ns(advert, last.interval_ns), "INV2"
        elif last.rank > advert.rank:
            most, invariant = down_ns(advert, last.interval_ns if self.version == 3 else advert.interval_ns), "INV1"
        else:
            return  # it preempts: when its timer began is not on the wire
        if waited > most + self._late_ns(advert):
            yield self._finding(invariant, advert, f"nobody spoke for {waited / MS:.1f} ms, not {most / MS:.1f}")

    @staticmethod
    def _finding(invariant: str, advert: Advert, text: str) -> Finding:
        return Finding(advert.at_ns, invariant, f"{advert.source} ({advert.priority}) {text}")

    # Addresses.

    def _announcements(self) -> Iterator[Finding]:
        """INV9: after every entry, and after every won conflict, each address is announced."""
        late_ns = 10 * MS + self.facts.late_ns
        for entry in self.entries:
            if self._within(self.facts.cut, entry.source, entry.at_ns - entry.interval_ns - late_ns, entry.at_ns):
                continue  # it was master behind the partition
            early_ns = 3 * entry.interval_ns if entry.source in self.facts.quiet else MS
            yield from self._announced(entry, entry.at_ns - early_ns, entry.at_ns + late_ns, "after its first advert")
        for number, loser in enumerate(self.adverts):
            if not loser.priority:
                continue
            past = self.adverts[max(0, number - LOOK_BACK) : number + 1]
            for source in {a.source for a in past if a.rank > loser.rank and self._honest(a)} - set(self.facts.quiet):
                if not self._within(self.facts.deaf, source, loser.at_ns, loser.at_ns):
                    mine = self._rules(source, past, loser.at_ns)
                    if mine and not self._away(source, mine.at_ns, loser.at_ns + SECOND):
                        yield from self._announced(mine, loser.at_ns - SECOND, loser.at_ns + SECOND + late_ns, "won")

    def _announced(self, advert: Advert, from_ns: int, to_ns: int, when: str) -> Iterator[Finding]:
        if to_ns > self.captured.end_ns or self._away(advert.source, from_ns, to_ns):
            return
        macs = (advert.mac, virtual_mac(advert))
        claims = [c for c in self.claims if not c.asked and c.mac in macs]
        said = {c.address for c in claims if from_ns <= c.at_ns <= to_ns}
        for address in advert.addresses:
            if address not in said:
                yield self._finding("INV9", advert, f"does not announce {address} ({when})")

    def _answers(self) -> Iterator[Finding]:
        """INV8: nobody but the master says that it has an address."""
        macs: dict[bytes, Address] = {}
        for advert in filter(self._honest, self.adverts):
            if advert.mac[:5] not in (b"\0\0\x5e\0\1", b"\0\0\x5e\0\2"):
                macs[advert.mac] = advert.source
        for claim in self.claims:
            source = macs.get(claim.mac)
            if source is not None and not self._may_claim(source, claim):
                word = "answers for" if claim.asked else "announces"
                yield Finding(claim.at_ns, "INV8", f"{source} {word} {claim.address} and is not master")

    def _may_claim(self, source: Address, claim: Claim) -> bool:
        late_ns = self.facts.late_ns
        past = [a for a in self.adverts if a.at_ns <= claim.at_ns + late_ns]
        mine = next((a for a in reversed(past) if a.source == source), None)
        if mine is None:
            return False
        if claim.at_ns - mine.at_ns <= late_ns:
            return True
        others = [a for a in past if a.source != source and a.at_ns > mine.at_ns and a.at_ns < claim.at_ns - late_ns]
        superseded = any(a.priority and a.at_ns - mine.at_ns > mine.interval_ns + late_ns for a in others)
        return mine.priority > 0 and not superseded and not any(a.priority and a.rank > mine.rank for a in others)

    # The whole.

    def _start(self) -> Iterator[Finding]:
        """INV3: who takes part, and hears no better one, is master after its down interval."""
        for source, ready_ns in self.facts.ready.items():
            first = next(
                (a for a in self.adverts if a.source == source and a.at_ns >= ready_ns - self.facts.late_ns), None
            )
            if first is None or self._away(source, ready_ns, first.at_ns):
                continue
            heard = self._heard(source, [a for a in self.adverts if ready_ns <= a.at_ns <= first.at_ns])
            due_ns = ready_ns + (0 if first.priority == 255 else down_ns(first, first.interval_ns))
            if not heard and first.at_ns > due_ns + self._late_ns(first):
                yield self._finding(
                    "INV3", first, f"first speaks {(first.at_ns - ready_ns) / MS:.1f} ms after its start"
                )

    def _end(self) -> Iterator[Finding]:
        """INV7: at the end the best one rules alone. INV11: masterships do not outnumber what was done."""
        if self.facts.best is not None:
            end_ns = self.captured.end_ns
            longest_ns = max((a.interval_ns for a in self.adverts[-3:]), default=0) + self.facts.late_ns
            speaking = {a.source for a in self.adverts if a.at_ns >= end_ns - longest_ns and a.priority}
            if speaking != {self.facts.best}:
                names = ", ".join(sorted(map(str, speaking))) or "nobody"
                yield Finding(end_ns, "INV7", f"{names} rules at the end, not {self.facts.best} alone")
        if self.facts.faults is not None and len(self.entries) > 2 * self.facts.faults + 1:
            text = f"{len(self.entries)} masterships, {self.facts.faults} faults"
            yield Finding(self.captured.end_ns, "INV11", text)
