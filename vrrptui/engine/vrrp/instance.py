"""One of our own virtual routers in the world: the pure machine with its wire, addresses, checks and notifications.

Whatever must go out at a deadline is made ready beforehand: adverts by priority, netlink requests, announcements.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable
from functools import cached_property

from vrrptui.config.model.configuration import VirtualAddress, VirtualRouterConfig
from vrrptui.control.keys import group_key
from vrrptui.engine.addresses.presence import Presence
from vrrptui.engine.addresses.routes import InstalledRoutes
from vrrptui.engine.addresses.virtual_devices import VirtualDevices
from vrrptui.engine.host.kernel import Kernel, Placed
from vrrptui.engine.host.link import Link
from vrrptui.engine.state.sysctl import HostSettings
from vrrptui.engine.vrrp.announcer import Announcer
from vrrptui.engine.vrrp.identity import Binding, identity, way
from vrrptui.engine.vrrp.machine_settings import settings_of
from vrrptui.engine.vrrp.takeover import Done, PreparedTick, Takeover
from vrrptui.engine.vrrp.transmitter import Transmitter, places
from vrrptui.engine.vrrp.vrrp_socket import Sending, Sent, VrrpSocket, send_all
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
from vrrptui.segment.codes import Code

log = logging.getLogger(__name__)


class Instance:
    """A virtual router of ours. `changed` is told of every transition, after its effects are done."""

    def __init__(
        self,
        config: VirtualRouterConfig,
        kernel: Kernel,
        changed: Callable[[Instance, Transition | LowerHeard], None],
        moved: Callable[[Instance, Transition], None],
        later: Callable[[Callable[[], None]], object],
        announcer: Announcer,
    ) -> None:
        """`moved` is told of a transition at once, when its effects are done; `changed` when nothing is due.

        `later` is how: logs and notifications must not delay an advert.
        """
        self.config = config
        self.machine = VirtualRouter(settings_of(config), sequence=Sequence(int(time.time())))
        self.wire: VrrpSocket | None = None
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
        self._outgoing: Transmitter | None = None
        self._ready: tuple[int, Checksum | None, list[Sending]] | None = None  # priority, form, and what sends it
        self._settings = HostSettings()
        self.presence = Presence(kernel, self._log)
        self._routing = InstalledRoutes(kernel, config.routes, config.rules, self._log)
        self.unsent: Sent = None  # why the last advert was not sent
        self.unsent_adverts = 0
        self.deaf: str | None = None  # why no socket could be opened
        self.unfiltered: str | None = None  # why no_accept is not kept
        self.findings: dict[Code, tuple[float, str]] = {}  # since when (wall clock) what is wrong with it

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
        held = prepared.twin.waits_for_group is not self.machine.waits_for_group
        return prepared.state is self.machine.state and not held

    def take(self, prepared: PreparedTick, done: Done) -> list[Action]:
        """What was prepared was carried out; returns what else must be done."""
        self.machine = prepared.twin
        if prepared.adverts:
            self._note_sent(done.sent)
        if prepared.takeover is not None:
            self._announcer.goes_on()
            self.added(done.answers)
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

    def bind(self, wire: VrrpSocket | None, link: Link | None, source: Address | None) -> None:
        """Use this wire, link and source address from now on, and prepare what will be sent there."""
        before = self.bound_to
        self.wire, self.link = wire, link
        self.source_address = source
        self._prepare()
        self.bound_to = self.binding(link, source)
        if isinstance(self.machine.state, Master) and before is not None and before.links != self.bound_to.links:
            self._kernel.post(self.additions)
            self.added(self._kernel.answers())
            self._announce("takeover")  # another link of the same name, or another MAC address: others must learn it

    def binding(self, link: Link | None, source: Address | None) -> Binding:
        """What it would be bound to on this link, with the links of its addresses elsewhere as they are now."""
        elsewhere = dict.fromkeys(a.device for a in self.addresses if a.device is not None)
        elsewhere |= dict.fromkeys((self.config.interface, *(name for _, name in self.config.devices)))
        indexes = tuple(self._kernel.index(name) for name in elsewhere)
        return Binding(((link.index if link else None, link.mac if link else b""), indexes), source)

    def _prepare(self) -> None:
        """Make ready what will be sent, if there is a link and an address to send from."""
        self._outgoing = self._ready = None
        self.presence.place(places(self.config, self._kernel))  # one that is there already has to go
        self._announcer.prepare(None, self.config.announcements, [], [])
        if self.link is None or self.source_address is None:
            return
        if self.config.promote_secondaries:
            self._settings.change({f"ipv4/conf/{self.link.name}/promote_secondaries": "1"})
        self._no_device = self._devices.ensure()
        if self._no_device is not None:
            return
        self._outgoing = Transmitter(self.config, self._kernel, self.link, self.source_address, self.wire)
        self.presence.place(self._outgoing.places, self._outgoing.devices)
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
        self._note_sent(send_all(ready[2]))

    def _send(self, priority: int) -> None:
        sendings = self._sendings(self.machine, priority)
        self._note_sent(send_all(sendings))
        if self.config.auth_type != AUTH_TYPE_AH:  # which is signed anew each time
            self._ready = (priority, self.machine.checksum, sendings)
        if priority == PRIORITY_RESIGN:
            self._log("sent 0 priority")

    def _note_sent(self, why_not: Sent) -> None:
        self.unsent = why_not
        self.unsent_adverts += why_not is not None

    @property
    def additions(self) -> list[bytes]:
        """Requests that bring its addresses: first its devices up, then each address."""
        return self._outgoing.devices_up + self.presence.additions if self._outgoing is not None else []

    def added(self, answers: list[str | None]) -> None:
        """Its additions were asked for, and the kernel answered this to each; None: done."""
        if self._outgoing is None:
            return
        self.presence.added(answers[len(self._outgoing.devices_up) :])
        self._routing.put()
        self._log("setting VIPs.")

    def _remove_addresses(self) -> None:
        self._routing.remove()
        if self._outgoing is None:
            return
        self._announcer.stop()
        removals = self.presence.removals(not self.machine.running, self.source_address)
        self._kernel.request(removals + self._outgoing.devices_down)
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
                self._log(f"Sending/queueing {what} on {self.config.device_of(one)} for {one.address}")

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

    def settle(self, served: Callable[[], Collection[Placed]]) -> bool:
        """Put back what is missing as master, take away what is there as anything else; whether anything came back.

        `served` gives the addresses that masters hold on this host.
        """
        if not isinstance(self.machine.state, Master):
            self.presence.clear(served)
            return False
        if not self.presence.restore():
            return False
        self._announce("refresh")
        return True

    @property
    def carrier(self) -> bool:
        """Whether its interface can send now; with dont_track_primary that is no fault."""
        link = self._kernel.link(self.config.interface)
        return link is not None and link.up

    @property
    def obstacle(self) -> str | None:
        """What keeps it from speaking though its link is up and has an address."""
        if self.wire is None:
            return f"cannot listen on {self.config.interface}" + (f": {self.deaf}" if self.deaf else "")
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
        self._routing = InstalledRoutes(self._kernel, config.routes, config.rules, self._log)
        if way(config) != way(self.config):
            self.bound_to = None
        self.config = config
        self.__dict__.pop("key", None)
        self.machine.settings = settings_of(config)
        self._prepare()
        if before is not None and self._outgoing is not None and isinstance(self.machine.state, Master):
            self._exchange(before, self._outgoing)
            routing.exchange(self._routing)

    def _exchange(self, before: Transmitter, after: Transmitter) -> None:
        """Of the addresses that a master holds, move those alone that are not in both."""
        self.presence.take(one for one in before.places if one not in after.places)
        self.presence.add([one for one in after.places if one not in before.places])
        self._announcer.announce_some(one for one in after.announcements if one not in before.announcements)

    def effective(self) -> int:
        """The priority that base, checks and operator make together."""
        return effective_priority(self.config.priority, self.tracked, self.override)


Work = tuple[Instance, list[Action]]


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
        router.added([next(answers) for _ in additions])
    for router, occasion in announcing:
        router.announced(occasion)
    for router, action in flat:
        router.do_later(action)
    for router, action in flat:
        if isinstance(action, Transition) and action.before != action.after:
            router.moved(action)
