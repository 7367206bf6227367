"""Where two observations differ, and where the engine says what the wire and the host do not bear out."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.twins.asking import Observation
from tests.twins.events import Event
from tests.twins.looks import Heard
from tests.twins.tree import Facts, Tree, facts

LATE_S = 1.3  # so much later may an announcement come
ABSENT = "absent"
STATE = frozenset(
    {"runs", "state", "priority", "address", "route", "rule", "device", "sysctl", "holder", "echo", "advert", "breach"}
)


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in both worlds; or a breach, if keepalived has no part in it."""

    look: str
    subject: str
    keepalived: object
    vrrptui: object

    @property
    def kind(self) -> tuple[str, ...]:
        """What it is for "the same failure": less exact than the difference, as a smaller input has other numbers."""
        values = (str(self.keepalived), str(self.vrrptui)) if self.look in ("state", "runs", "resigned") else ()
        missing = (
            ("only vrrptui",) if self.keepalived == ABSENT else ("only keepalived",) if self.vrrptui == ABSENT else ()
        )
        return (self.look, *values, *missing)

    def __str__(self) -> str:
        return f"{self.look} {self.subject}: keepalived {self.keepalived}, vrrptui {self.vrrptui}"


@dataclass
class Step:
    """One event and what was seen after it, for whoever judges a difference."""

    number: int
    event: Event
    tree: Tree  # the configuration in force
    facts: Facts
    keepalived: Observation = field(default_factory=dict)
    vrrptui: Observation = field(default_factory=dict)
    trees: list[Tree] = field(default_factory=list)  # every configuration until now, this one too
    before: list[Event] = field(default_factory=list)  # the events of the case until now
    modes: dict[str, str] = field(default_factory=dict)  # what the peer says of each virtual router
    listed: dict[str, int] = field(default_factory=dict)  # and how many addresses its adverts list
    rested: bool = True


def differences(step: Step) -> list[Difference]:
    """All of them, the weightiest first."""
    found = []
    for key in step.keepalived.keys() | step.vrrptui.keys():
        one, other = step.keepalived.get(key, ABSENT), step.vrrptui.get(key, ABSENT)
        if one != other and _counts(*key, one, other, step):
            found.append(Difference(*key, one, other))
    missing = {d.subject for d in found if d.look == "device" and ABSENT in (d.keepalived, d.vrrptui)}
    found = [d for d in found if d.look != "sysctl" or d.subject.split()[1] not in missing]
    held = {d.subject for d in found if d.look == "holder"}  # who is asked for an echo follows from it
    found = [d for d in found if d.look != "echo" or d.subject not in held]
    order = ("runs", "state", "priority", "address", "holder", "echo", "advert", "resigned")
    return sorted(found, key=lambda d: (order.index(d.look) if d.look in order else 99, d.look, d.subject))


def _counts(look: str, subject: str, one: object, other: object, step: Step) -> bool:
    """Whether a difference says anything."""
    if look == "priority":  # that of a router in fault is nowhere on the wire
        state = ("state", subject)
        return not step.keepalived.get(state) == step.vrrptui.get(state) == "FAULT"
    answered = any(mode != "silent" for mode in step.modes.values())
    answered = answered or any(
        event[0] == "peer" for event in step.before[-3:]
    )  # what follows an answer may still come
    if look == "announced":  # how often depends on how long a step took, where something is repeated
        refreshed = any(facts(tree).refreshed for tree in step.trees)
        if step.facts.garp_delay_s > 1 or refreshed:  # the later ones come in another step
            return False
        ending = step.event[0] in ("stop", "peer", "other") or step.event[-1] == "down"
        if ending and answered:  # it depends on when the last word came
            return False
        return ABSENT in (one, other) or not (answered or not step.rested)
    if look == "announced at":
        if step.facts.garp_delay_s > 1 and step.event[0] not in ("start", "restart"):
            return False
        return ABSENT not in (one, other) and not answered and abs(float(one) - float(other)) > LATE_S
    if look == "resigned":
        return True in (one, other)
    return True


def breaches(step: Step, heard: Heard, since_ns: int, excuses: list[str]) -> list[Difference]:
    """A master holds its addresses and its adverts leave, or the status says why not."""
    found = []
    for router in step.facts.routers:
        if step.vrrptui.get(("state", router.name)) != "MASTER" or excuses:
            continue
        sent = [k for k in heard.priorities if f"{router.interface} v{router.family} vrid {router.vrid} " in k]
        if not any(at_ns >= since_ns and priority for k in sent for at_ns, priority in heard.priorities[k]):
            found.append(Difference("breach", f"{router.name} adverts", "", "MASTER, and none left"))
        here = {subject.partition("/")[0].split()[-1] for look, subject in step.vrrptui if look == "address"}
        for held in (one for one in (*router.addresses, *router.excluded) if one.tracked):
            if held.address not in here:
                found.append(Difference("breach", f"{router.name} {held.address}", "", "MASTER, and it is not there"))
            elif step.vrrptui.get(("holder", held.address)) == "nobody":
                found.append(Difference("breach", f"{router.name} {held.address}", "", "MASTER, and nobody answers"))
    return found
