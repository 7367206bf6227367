"""A sync group: virtual routers that are masters together or not at all (keepalived's vrrp_sync_group).

A member's fault is the group's fault; that is told to each member by whoever finds faults. Here is what the others do
when one member has become master, or backup, and that none becomes master before the timers of all have run out: a
member that hears a better master holds the others back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vrrptui.protocol.actions import Action, Transition
from vrrptui.protocol.events import Follow, GroupReady
from vrrptui.protocol.states import Backup, Master
from vrrptui.protocol.virtual_router import VirtualRouter


def hold_back(now_ns: int, members: Sequence[VirtualRouter]) -> None:
    """Let each member wait as long as another one is not ready to become master."""
    waiting = [member for member in members if not _is_ready(member)]
    for member in members:
        waits = any(other is not member for other in waiting)
        if waits is not member.waits_for_group:
            member.handle(now_ns, GroupReady(not waits))


def _is_ready(member: VirtualRouter) -> bool:
    match member.state:
        case Backup(ready=ready):
            return ready
        case Master():
            return True
    return False


@dataclass(frozen=True, slots=True)
class SyncGroup:
    """The group and the names of its members."""

    name: str
    members: tuple[str, ...]

    def follow(
        self, now_ns: int, moved: str, transition: Transition, routers: Mapping[str, VirtualRouter]
    ) -> list[tuple[str, list[Action]]]:
        """What the other members do after `moved` made this transition: their names and actions, in order.

        Members that follow make transitions of their own; they lead nowhere else, because all are alike then.
        """
        leads = transition.after == "master" or (transition.before, transition.after) == ("master", "backup")
        if not leads or transition.before == transition.after:
            return []
        done = []
        for name in self.members:
            router = routers.get(name)
            if name == moved or router is None or router.state_name == transition.after:
                continue
            done.append((name, router.handle(now_ns, Follow(transition.after, self.name, moved))))
        return done
