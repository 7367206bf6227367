"""One of our own virtual routers in the world: the pure machine with its wire, addresses, checks and notifications.

Whatever must go out at a deadline is made ready beforehand: adverts by priority, netlink requests, announcements.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from functools import cached_property

from vrrptui.config.model import VirtualAddress, VirtualRouterConfig
from vrrptui.control.keys import group_key
from vrrptui.engine.announcer import Announcer
from vrrptui.engine.binding import Binding, identity
from vrrptui.engine.contest import Contest
from vrrptui.engine.host_settings import HostSettings
from vrrptui.engine.kernel import Kernel, Lost
from vrrptui.engine.link import Link
from vrrptui.engine.machine_settings import settings_of
from vrrptui.engine.outgoing import Outgoing
from vrrptui.engine.requests import address_message
from vrrptui.engine.routing import Routing
from vrrptui.engine.takeover import PreparedTick, Takeover
from vrrptui.engine.virtual_mac import VirtualDevices
from vrrptui.engine.wire import Sending, Wire
from vrrptui.protocol.actions import (
    Action,
    AddAddresses,
    Announce,
    Log,
    LowerHeard,
    Occasion,
    RemoveAddresses,
    SendAdvert,
    Transition,
)
from vrrptui.protocol.advert import PRIORITY_RESIGN, Address, Advert, Checksum
from vrrptui.protocol.authentication import AUTH_TYPE_AH, Sequence
from vrrptui.protocol.events import Event, Tick
from vrrptui.protocol.priority import Tracked, effective_priority
from vrrptui.protocol.states import Master
from vrrptui.protocol.virtual_router import VirtualRouter

log = logging.getLogger(__name__)


class LocalRouter:
    """A virtual router of ours. `changed` is told of every transition, after its effects are done."""

    def __init__(
        self,
        config: VirtualRouterConfig,
        kernel: Kernel,
        changed: Callable[[LocalRouter, Transition | LowerHeard], None],
        moved: Callable[[LocalRouter, Transition], None],
        later: Callable[[Callable[[], None]], object],
        announcer: Announcer,
    ) -> None:
        """`moved` is told of a transition at once, when its effects are done; `changed` when nothing is due.

        `later` is how: logs and notifications must not delay an advert.
        """
        self.config = config
        self.machine = VirtualRouter(settings_of(config))
        self.wire: Wire | None = None
        self.link: Link | None = None
        self.source_address: Address | None = None
        self._devices = VirtualDevices(config, kernel)
        self._no_device: str | None = None  # the one at home that could not be made
        self.bound_to: Binding | None = None
        self.override: int | None = None
        self.since = time.time()  # wall clock, of the present state
        self.tracked: tuple[Tracked, ...] = ()
        self.armed_ns: int | None = None  # when the schedule looks at it next
        self._kernel = kernel
        self._changed = changed
        self._moved = moved
        self._later = later
        self._announcer = announcer
        self._outgoing: Outgoing | None = None
        self._ready: tuple[int, Checksum | None, list[Sending]] | None = None  # priority, form, and what sends it
        self._settings = HostSettings()
        self._contest = Contest()
        self._routing = Routing(kernel, config.routes, config.rules, self._log)
        self._foreign: set[Address] = set()  # virtual addresses that were there before us: not ours to remove

    @property
    def name(self) -> str:
        return self.config.name

    @cached_property
    def key(self) -> str:
        return group_key(self.config.interface, None, self.config.family.value, self.config.vrid)

    @property
    def addresses(self) -> tuple[VirtualAddress, ...]:
        """All addresses it holds as master, advertised or not."""
        return self.config.addresses + self.config.excluded

    def handle(self, now_ns: int, event: Event) -> None:
        """Give the machine an event and do what it wants done."""
        self.perform(self.machine.handle(now_ns, event))

    def prepare_tick(self, due_ns: int) -> PreparedTick:
        """Work out beforehand what will be done at `due_ns` if nothing is heard until then."""
        twin = self.machine.twin()
        rest = twin.handle(due_ns, Tick())
        adverts = [send for a in rest if isinstance(a, SendAdvert) for send in self._sendings(twin, a.priority)]
        rest = [action for action in rest if not isinstance(action, SendAdvert)]
        announcements = self._announcer.sendings("takeover") if AddAddresses() in rest else None
        if announcements is None:
            return PreparedTick(due_ns, self.machine.state, twin, adverts, rest)
        rest = [action for action in rest if not isinstance(action, AddAddresses | Announce)]
        takeover = Takeover(self.additions, announcements)
        return PreparedTick(due_ns, self.machine.state, twin, adverts, rest, takeover)

    def is_good(self, prepared: PreparedTick) -> bool:
        """Whether what was prepared still holds: the machine's state is the one it was prepared in."""
        return prepared.state is self.machine.state

    def take(self, prepared: PreparedTick, refused: list[str]) -> list[Action]:
        """What was prepared was carried out, and the kernel refused this of it; returns what else must be done."""
        self.machine = prepared.twin
        if prepared.takeover is not None:
            self._announcer.goes_on()
            self.added(refused)
            self.announced("takeover")
        return prepared.rest

    def tick(self, due_ns: int) -> list[Action]:
        """Its time has come: send what must be sent at once; returns what else must be done."""
        rest: list[Action] = []
        for action in self.machine.handle(due_ns, Tick()):
            if isinstance(action, SendAdvert):
                self.do(action)
            else:
                rest.append(action)
        return rest

    def receive(self, adverts: list[tuple[int, Advert]]) -> None:
        """Give the machine adverts that waited together, and do what it wants done."""
        self.perform(self.machine.receive_all(adverts))

    def perform(self, actions: list[Action]) -> None:
        """Do what the machine wants done, in this order."""
        if actions:
            perform_together(self._kernel, [(self, actions)])

    def do(self, action: SendAdvert | RemoveAddresses) -> None:
        """Do one thing that the machine wants done first."""
        match action:
            case SendAdvert(priority):
                self._send(priority)
            case RemoveAddresses():
                self._remove_addresses()

    def do_later(self, action: Action) -> None:
        """Tell of what was done, in a moment; what is to be done now is not meant."""
        match action:
            case Transition(before, after):
                if before != after:
                    self.since = time.time()
                self._later(lambda: self._changed(self, action))
            case LowerHeard():
                self._later(lambda: self._changed(self, action))
            case Log(level, text):
                self._log(text, logging.INFO if level == "info" else logging.WARNING)

    def moved(self, transition: Transition) -> None:
        """Tell of a change of state whose effects are done."""
        self._moved(self, transition)

    def _log(self, text: str, level: int = logging.INFO) -> None:
        self._later(lambda: log.log(level, "(%s) %s", self.name, text))

    # What goes out.

    def bind(self, wire: Wire | None, link: Link | None, source: Address | None) -> None:
        """Use this wire, link and source address from now on, and prepare what will be sent there."""
        before = self.bound_to
        self.wire, self.link = wire, link
        self.bound_to = self.binding(link, source)
        self.source_address = source
        self._prepare()
        if isinstance(self.machine.state, Master) and before is not None and before.links != self.bound_to.links:
            self.added(
                self._kernel.request(self.additions)
            )  # another link of the same name, or another MAC address: the others must learn it
            self._announce("takeover")

    def binding(self, link: Link | None, source: Address | None) -> Binding:
        """What it would be bound to on this link, with the links of its addresses elsewhere as they are now."""
        elsewhere = dict.fromkeys(a.device for a in self.addresses if a.device is not None)
        indexes = tuple(self._kernel.index(name) for name in elsewhere)
        return Binding(((link.index if link else None, link.mac if link else b""), indexes), source)

    def _prepare(self) -> None:
        """Make ready what will be sent, if there is a link and an address to send from."""
        self._outgoing = self._ready = None
        self._announcer.prepare(None, self.config.announcements, [], [])
        if self.link is None or self.source_address is None:
            return
        if self.config.promote_secondaries:
            self._settings.change(f"ipv4/conf/{self.link.name}/promote_secondaries", "1")
        self._no_device = self._devices.ensure()
        if self._no_device is not None:
            return
        self._outgoing = Outgoing(self.config, self._kernel, self.link, self.source_address, self._foreign, self.wire)
        schedule, frames, extra = self.config.announcements, self._outgoing.announcements, self._outgoing.elsewhere
        self._announcer.prepare(self.wire, schedule, frames, extra)
        for priority in (PRIORITY_RESIGN, self.machine.priority):
            self._outgoing.adverts(priority, self.machine.checksum, Sequence())

    def _sendings(self, machine: VirtualRouter, priority: int) -> list[Sending]:
        if self._outgoing is None:
            return []
        return self._outgoing.adverts(priority, machine.checksum, machine.sequence)

    def advertise(self) -> None:
        """Send an advert with the priority it has."""
        machine, ready = self.machine, self._ready
        if ready is None or ready[0] != machine.priority or ready[1] is not machine.checksum:
            self._send(machine.priority)
            return
        for send in ready[2]:
            send()

    def _send(self, priority: int) -> None:
        sendings = self._sendings(self.machine, priority)
        for send in sendings:
            send()
        if self.config.auth_type != AUTH_TYPE_AH:  # which is signed anew each time
            self._ready = (priority, self.machine.checksum, sendings)
        if priority == PRIORITY_RESIGN:
            self._log("sent 0 priority")

    @property
    def additions(self) -> list[bytes]:
        """Requests that bring its addresses."""
        return self._outgoing.additions if self._outgoing is not None else []

    def added(self, refused: list[str]) -> None:
        """Its addresses were asked for, and the kernel refused this."""
        if self._outgoing is None:
            return
        self._refused(refused)
        self._routing.put()
        self._log("setting VIPs.")

    def _request(self, additions: Iterable[bytes]) -> None:
        self._refused(self._kernel.request(additions))

    def _refused(self, problems: list[str]) -> None:
        for problem in problems:
            self._log(f"cannot add a virtual address: {problem}", logging.ERROR)

    def _remove_addresses(self) -> None:
        self._routing.remove()
        if self._outgoing is None:
            return
        self._announcer.stop()
        self._kernel.request(self._outgoing.removals)
        self._log("removing VIPs.")

    def announce(self, occasion: Occasion) -> None:
        """Send an announcement of its addresses."""
        if self.wire is not None and self._outgoing is not None:
            self._announcer.announce(occasion)

    def announced(self, occasion: Occasion) -> None:
        """Its addresses were announced: tell so."""
        if self.wire is not None and self._outgoing is not None and occasion != "refresh":
            for one in self.addresses:
                what = "gratuitous ARPs" if one.address.version == 4 else "unsolicited NAs"
                self._log(f"Sending/queueing {what} on {one.device or self.config.interface} for {one.address}")

    def _announce(self, occasion: Occasion) -> None:
        self.announce(occasion)
        self.announced(occasion)

    def announce_again(self) -> bool:
        """Announce its addresses once more, if it is master."""
        if not isinstance(self.machine.state, Master):
            return False
        self._announce("takeover")
        return True

    def restore_routes(self) -> None:
        """Put back the routes and rules that went while it is master, and those whose device has come."""
        if self._routing and isinstance(self.machine.state, Master):
            self._routing.restore()

    def restore(self, lost: set[Lost]) -> bool:
        """Put back and announce what somebody took away from us as master; whether that was necessary."""
        if not lost or self._outgoing is None or not isinstance(self.machine.state, Master):
            return False
        ours = ((a.address, index) for a, index in self._outgoing.indexed if a.tracked)
        taken = {address for address, index in ours if (index, address) in lost} - self._foreign
        if not taken:
            return False
        self._contest.restored(time.monotonic())
        gone = ", ".join(sorted(map(str, taken)))
        self._log(f"{gone} was removed by somebody else: putting it back", logging.WARNING)
        back = [(a, index) for a, index in self._outgoing.placed if a.address in taken]
        self._request(address_message(a, index, add=True) for a, index in back)
        self._announce("refresh")
        return True

    @property
    def contested(self) -> bool:
        """Whether its addresses were taken away too often of late to go on."""
        return self._contest.is_on(time.monotonic())

    @property
    def obstacle(self) -> str | None:
        """What keeps it from speaking though its link is up and has an address."""
        if self.wire is None:
            return f"cannot listen on {self.config.interface}"
        if self._no_device is not None:
            return f"cannot make {self._no_device}"
        return None

    def leave(self) -> None:
        """It ends, or begins anew: nothing of it stays on this host."""
        self._devices.remove()
        self._settings.put_back()

    # What it is told.

    def may_become(self, config: VirtualRouterConfig) -> bool:
        """Whether it can take this configuration and keep its state: same place, same rank."""
        return identity(config) == identity(self.config)

    def reconfigure(self, config: VirtualRouterConfig) -> None:
        """Behave like this from now on, in the state it has. Only for what it `may_become`."""
        before, routing = self._outgoing, self._routing
        self._routing = Routing(self._kernel, config.routes, config.rules, self._log)
        self.config = config
        self.__dict__.pop("key", None)
        self.machine.settings = settings_of(config)
        self._prepare()
        if before is not None and self._outgoing is not None and isinstance(self.machine.state, Master):
            self._exchange(before, self._outgoing)
            routing.exchange(self._routing)

    def _exchange(self, before: Outgoing, after: Outgoing) -> None:
        """Of the addresses that a master holds, move those alone that are not in both."""
        gone = [one for one in before.placed if one not in after.placed]
        came = [one for one in after.placed if one not in before.placed]
        self._kernel.request(address_message(a, index, add=False) for a, index in gone)
        self._request(address_message(a, index, add=True) for a, index in came)
        self._announcer.announce_some(one for one in after.announcements if one not in before.announcements)
        for address, _ in gone:
            self._log(f"removing {address}")
        for address, _ in came:
            self._log(f"adding {address}")

    def spare(self, present: set[Address]) -> None:
        """These of our addresses were in their place before us, put there by somebody else: leave them alone."""
        self._foreign = present

    def spares(self, address: Address) -> bool:
        """Whether this address was here before us."""
        return address in self._foreign

    def effective(self) -> int:
        """The priority that base, checks and operator make together."""
        return effective_priority(self.config.priority, self.tracked, self.override)


Work = tuple[LocalRouter, list[Action]]


def perform_together(kernel: Kernel, work: Iterable[Work]) -> None:
    """Do what several machines want done at once: every advert, then every address, then the announcements.

    For each router that is the order its machine gave.
    """
    flat = [(router, action) for router, actions in work for action in actions]
    for kind in (SendAdvert, RemoveAddresses):
        for router, action in flat:
            if isinstance(action, kind):
                router.do(action)
    adding = [(router, router.additions) for router, action in flat if isinstance(action, AddAddresses)]
    kernel.post([message for _, additions in adding for message in additions])
    announcing = [(router, action.occasion) for router, action in flat if isinstance(action, Announce)]
    for router, occasion in announcing:
        router.announce(occasion)
    answers = iter(kernel.answers())
    for router, additions in adding:
        router.added([problem for _ in additions if (problem := next(answers)) is not None])
    for router, occasion in announcing:
        router.announced(occasion)
    for router, action in flat:
        router.do_later(action)
    for router, action in flat:
        if isinstance(action, Transition) and action.before != action.after:
            router.moved(action)
