"""The observer: receives frames of the watched interfaces and feeds the segment model. Sends nothing.

The work per turn of the loop is limited, so that a flood costs frames and never delays a virtual router.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from vrrptui.control.plain import some_of
from vrrptui.control.snapshots import GroupSnapshot
from vrrptui.engine.capture.frame_cache import DecodedFrame
from vrrptui.engine.capture.interfaces import HeardInterfaces
from vrrptui.engine.capture.packet import Captured
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import LINK_GONE, VlanTag
from vrrptui.engine.observer.advert_batch import AdvertBatch
from vrrptui.engine.observer.fast_ring import read_ring
from vrrptui.engine.observer.feed import Feed
from vrrptui.engine.observer.packet_ring import RETIRE_MS, PacketRing
from vrrptui.engine.observer.packet_socket import PacketSocket
from vrrptui.engine.observer.snapshots import history_event, key_text
from vrrptui.engine.runtime.rate_limited_log import RateLimitedLog
from vrrptui.engine.serve.history import History
from vrrptui.protocol.advert import Address, Advert
from vrrptui.segment.events import Kind, SegmentEvent
from vrrptui.segment.group import Group, GroupKey

log = logging.getLogger(__name__)

GROUPS_AT_ONCE = 32  # per publication
RETRY_S = 2.0  # seconds until an interface that could not be opened is tried again
REST = 4  # with virtual routers, the model pauses this many times as long as the last tick took
HELD_BACK_NS = 2 * RETIRE_MS * 1_000_000  # the kernel may hold a frame this long


class _Turn(NamedTuple):
    """The limits on the work per turn of the loop."""

    bites: int
    frames: int  # per batch; a frame that changes the model costs as much as hundreds of repetitions
    ns: int  # no further batch is read after this time
    groups: int  # whose deadline has come


IN_HASTE = _Turn(8, 8, 500_000, 4)  # a virtual router may be due at any moment
AT_LEISURE = _Turn(8, 64, 20_000_000, 256)


class Observer:
    """Receives frames and keeps the segment model."""

    def __init__(
        self,
        kernel: Kernel,
        history: History,
        verdict: Callable[[Advert, str, bool], str],
        promiscuous: bool = False,
    ) -> None:
        """`verdict` describes the reaction of a virtual router of this host to an advert."""
        self._feed = Feed()
        self._places = HeardInterfaces({})
        self._heard_ns = 0  # latest time of a frame
        self._unsent: set[GroupKey] = set()  # changed groups that are not published yet
        self._turn = IN_HASTE
        self._rest_s = 0.0
        self._rarely = RateLimitedLog(log)
        self._wanted: dict[int, str] = {}  # interfaces to listen on, by index
        self._retry: asyncio.TimerHandle | None = None
        self.held = AdvertBatch()
        self._wants_adverts = False  # a client shows each advert
        self._kernel = kernel
        self._history = history
        self._verdict = verdict
        self._capture: PacketSocket | None = None
        self._heard_on: list[str] = []  # sorted names
        self._promiscuous = promiscuous
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0  # its deadline
        self._loop = asyncio.get_running_loop()

    @property
    def interfaces(self) -> list[str]:
        return self._heard_on

    @property
    def where(self) -> str:
        """The interfaces it listens on, as text."""
        return ", ".join(self.interfaces) or "no interface yet"

    @property
    def drops(self) -> int:
        return self._capture.count_drops() if self._capture else 0

    @property
    def heard(self) -> int:
        """Adverts received so far."""
        return self._feed.adverts

    @property
    def evicted(self) -> int:
        """Groups and routers that were forgotten because a table was full."""
        return self._feed.segment.evicted_groups + self._feed.segment.evicted_routers

    @property
    def feed(self) -> Feed:
        """The segment model and its input."""
        return self._feed

    def watch(self, names: Iterable[str] | None, alone: bool) -> None:
        """Listen on those of these interfaces that exist; None: on all except loopback.

        `alone`: this engine has no virtual routers that could be delayed.
        """
        self._turn = AT_LEISURE if alone else IN_HASTE
        self._wanted = {
            link.index: link.name
            for link in self._kernel.links.values()
            if (link.name in names if names is not None else not link.loopback)
        }
        self._listen()

    def want_adverts(self, wanted: bool) -> None:
        """Collect adverts for clients that show each one, or stop that."""
        self._wants_adverts = wanted

    def _listen(self) -> None:
        """Open the socket and listen on the wanted interfaces; where resources are lacking, try again later."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        deaf: dict[int, OSError] = {}
        try:
            if self._capture is None and self._wanted:
                self._capture = PacketSocket(self._promiscuous)
                self._loop.add_reader(self._capture.fileno(), self._read)
            if self._capture is not None:
                deaf = self._capture.listen(self._wanted, self._kernel.links.keys() - self._wanted, self._below())
        except PermissionError:
            raise
        except OSError as error:
            deaf = dict.fromkeys(self._wanted, error)
        for why, indexes in groupby(deaf, deaf.__getitem__):
            self._rarely.warn(f"cannot listen on {some_of(self._wanted[index] for index in indexes)}: {why.strerror}")
            if why.errno not in LINK_GONE and self._retry is None:
                self._retry = self._loop.call_later(RETRY_S, self._listen)
        heard = {index: name for index, name in self._wanted.items() if index not in deaf}
        self._heard_on = sorted(heard.values())
        passed_over, self._places = (
            self._places.passed_over,
            HeardInterfaces(heard),
        )  # this host's addresses may have changed
        if self._capture is not None and self._capture.unfiltered:
            text = f"the kernel's filter has no room for {len(heard)} interfaces: frames of all are read"
            self._rarely.warn(f"{text}, {passed_over} of others were ignored since the last change")

    def _below(self) -> dict[int, list[VlanTag]]:
        """Return the VLANs that are not received on each interface, because their own interface is listened on."""
        below: dict[int, list[VlanTag]] = {}
        for index in self._wanted:
            link = self._kernel.links.get(index)
            if link is not None and link.enabled and link.vlan is not None and link.parent in self._wanted:
                below.setdefault(link.parent, []).append(link.vlan)
        return below

    def close(self) -> None:
        if self._capture is not None:
            self._loop.remove_reader(self._capture.fileno())
            self._capture.close()
            self._capture = None
        if self._retry is not None:
            self._retry.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _read(self) -> None:
        one = self._capture
        if one is None:
            return
        began_ns = time.monotonic_ns()
        offset_ns = began_ns - time.time_ns()  # frames have wall-clock times, of which only the age is used
        for _ in range(self._turn.bites):
            if one.ring is None or self._wants_adverts:
                count = self._hear_one_by_one(one, offset_ns)
            else:
                count = self._hear_quickly(one.ring, offset_ns)
            if count < self._turn.frames or time.monotonic_ns() - began_ns > self._turn.ns:
                break
        self._arm()

    def _hear_quickly(self, ring: PacketRing, offset_ns: int) -> int:
        """Process a batch from the ring. Most frames are repetitions of steady masters."""
        now_ns, heard_ns, count, again = time.monotonic_ns(), self._heard_ns, 0, 0
        for stamp_ns, reading in read_ring(ring, self._turn.frames, self._places):
            count += 1
            if reading is None:
                continue
            stamp_ns += offset_ns
            if stamp_ns > heard_ns:
                heard_ns = stamp_ns if stamp_ns < now_ns else max(heard_ns, now_ns)
            router = reading.router
            if router and router.steady is reading.heard and router.refresh(heard_ns):
                again += 1
            else:
                self._take(reading, heard_ns)
        self._heard_ns = heard_ns
        self._feed.took(again)
        return count

    def _hear_one_by_one(self, one: PacketSocket, offset_ns: int) -> int:
        """Process a batch of frames that are collected for clients, or that come without a ring."""
        frames = one.read(self._turn.frames)
        now_ns = time.monotonic_ns()
        for captured in frames:
            place = self._places.of(captured.link, captured.hardware)
            if place is None:
                continue
            self._heard_ns = max(self._heard_ns, min(now_ns, captured.stamp_ns + offset_ns))
            repeats = place[captured.outgoing]
            data, vlan = captured.data, captured.vlan
            reading = repeats.find(data) if vlan is None else repeats.tagged(data, vlan)
            self._take(reading, self._heard_ns)
            if self._wants_adverts and reading.vrrp:
                self._hold(captured, reading)
        return len(frames)

    def _take(self, reading: DecodedFrame, now_ns: int) -> None:
        own_source = False
        if reading.vrrp is not None and not reading.local:
            own_source = self._is_ours(reading.vrrp[1].source, reading.interface or "")
        self._tell(self._feed.take(now_ns, reading, own_source))

    def _is_ours(self, address: Address, interface: str) -> bool:
        link = self._kernel.link(interface)
        return link is not None and link.holds(address)

    def _hold(self, captured: Captured, reading: DecodedFrame) -> None:
        assert reading.vrrp is not None
        verdict = self._verdict(reading.vrrp[1], reading.interface or "", captured.outgoing)
        self.held.hold(captured.stamp_ns / 1e9, captured.data, reading, verdict)

    def _tell(self, events: list[SegmentEvent]) -> None:
        for event in events:
            if event.kind is Kind.MASTER and self._is_local(event.group):
                continue  # the virtual router has reported it, with the reason
            self._history.keep(history_event(event, self._history.next_seq(), clock_offset_s()))

    def _is_local(self, key: GroupKey) -> bool:
        group = self._feed.segment.groups.get(key)
        return group is not None and group.master is not None and group.master.local

    def _arm(self) -> None:
        """Set a timer for the model's next deadline, unless one is set for an earlier time."""
        deadline_ns = self._feed.segment.next_deadline_ns()
        if self._timer is not None:
            if deadline_ns is not None and self._timer_ns <= deadline_ns:
                return
            self._timer.cancel()
            self._timer = None
        if deadline_ns is not None:
            delay_s = max(0.001, self._rest_s, (deadline_ns + HELD_BACK_NS - time.monotonic_ns()) / 1e9)
            self._timer, self._timer_ns = self._loop.call_later(delay_s, self._on_timer), deadline_ns

    def _on_timer(self) -> None:
        self._timer = None
        self._read()  # process what was received before now
        began_ns = time.monotonic_ns()
        self._tell(self._feed.segment.tick(began_ns - HELD_BACK_NS, self._turn.groups))
        self._rest_s = REST * (time.monotonic_ns() - began_ns) / 1e9 if self._turn is IN_HASTE else 0
        self._arm()

    def changed(self) -> tuple[list[GroupSnapshot], list[str]]:
        """Return snapshots of some changed groups and the keys of deleted ones, since the last call.

        Not all at once, because each takes time; `changes_left` says whether there are more.
        """
        now_ns, offset_s = time.monotonic_ns(), clock_offset_s()
        self._unsent |= self._feed.segment.take_changed()
        keys = [self._unsent.pop() for _ in range(min(GROUPS_AT_ONCE, len(self._unsent)))]
        there = [self._feed.segment.groups[key] for key in keys if key in self._feed.segment.groups]
        gone = [key_text(key) for key in keys if key not in self._feed.segment.groups]
        return [self._snapshot(group, now_ns, offset_s) for group in there], gone

    @property
    def changes_left(self) -> bool:
        return bool(self._unsent)

    def forget_changes(self) -> None:
        """Drop the changes, because there is no client."""
        self._feed.segment.take_changed()
        self._unsent.clear()
        self.held.forget()

    def snapshots(self) -> Iterator[GroupSnapshot]:
        """Yield snapshots of all groups, each taken when it is asked for."""
        for group in list(self._feed.segment.groups.values()):
            yield self._snapshot(group, time.monotonic_ns(), clock_offset_s())

    def _snapshot(self, group: Group, now_ns: int, offset_s: float) -> GroupSnapshot:
        return self._feed.snapshot(group, now_ns, offset_s)


def clock_offset_s() -> float:
    """Return the difference between the wall clock and the monotonic clock in seconds."""
    return time.time() - time.monotonic()
