"""A tick worked out before its moment, and carried out at it: what a takeover sends is only sent, byte for byte."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.vrrp.vrrp_socket import Sending, Sent, send_all
from vrrptui.protocol.actions import Action
from vrrptui.protocol.states import State
from vrrptui.protocol.virtual_router import VirtualRouter


@dataclass(frozen=True, slots=True)
class Takeover:
    """What brings the addresses here."""

    additions: list[bytes]  # requests to the kernel
    announcements: list[Callable[[], object]]


@dataclass(frozen=True, slots=True)
class PreparedTick:
    """What a router will do when its deadline comes: worked out on a twin of its machine, in the state it had."""

    due_ns: int
    state: State
    twin: VirtualRouter
    adverts: list[Sending]
    rest: list[Action]
    takeover: Takeover | None = None  # None: it is none, or not to be done at once


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a prepared tick."""

    sent: Sent
    answers: list[str | None]  # of the kernel to each addition: None when it was done, else why not


def carry_out(kernel: Kernel, prepared: Sequence[PreparedTick]) -> list[Done]:
    """Every advert, then every address, then the announcements: nothing else, so that nothing comes between."""
    sent = [send_all(one.adverts) for one in prepared]
    takeovers = [one.takeover for one in prepared if one.takeover]
    kernel.post([message for takeover in takeovers for message in takeover.additions])
    for takeover in takeovers:
        for send in takeover.announcements:
            with contextlib.suppress(OSError):
                send()
    answers = iter(kernel.answers())
    return [
        Done(why_not, [next(answers) for _ in one.takeover.additions] if one.takeover else [])
        for one, why_not in zip(prepared, sent, strict=True)
    ]
