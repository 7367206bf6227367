"""Sync groups: virtual routers that become master or backup together (keepalived's vrrp_sync_group).

Members follow one that became master or backup. No member becomes master until the timers of all have expired: a member
that hears a better master holds the others back. The engine applies a member's fault to all members.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vrrptui.protocol.actions import Action, Transition
from vrrptui.protocol.events import Follow, GroupReady
from vrrptui.protocol.states import Backup, Master
from vrrptui.protocol.virtual_router import VirtualRouter


def hold_back(now_ns: int, members: Sequence[VirtualRouter]) -> None:
    """Make each member wait while another member is not ready to become master."""
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
    """A sync group's name and the names of its members."""

    name: str
    members: tuple[str, ...]

    def follow(
        self, now_ns: int, moved: str, transition: Transition, routers: Mapping[str, VirtualRouter]
    ) -> list[tuple[str, list[Action]]]:
        """Make the other members follow the `transition` of `moved`; return their names and actions, in order.

        The transitions of members that follow need not be passed in again: all members are then in the same state.
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
