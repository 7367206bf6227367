"""Virtual routers to test with, and the adverts they hear, as real bytes read by the real codec."""

from __future__ import annotations

from dataclasses import asdict
from ipaddress import ip_address

from vrrptui.protocol.advert import Advert, Checksum, Family, Packet
from vrrptui.protocol.codec import decode, encode_v2, encode_v3
from vrrptui.protocol.events import AdvertReceived, FaultsChanged, Shutdown, SourceChanged, Startup, Stopped, Tick
from vrrptui.protocol.receive import Expected
from vrrptui.protocol.settings import Settings
from vrrptui.protocol.virtual_router import VirtualRouter

SECOND = 1_000_000_000
MS = 1_000_000
VIP = ip_address("10.0.0.254")
VIP6 = (ip_address("fe80::1"), ip_address("2001:db8::1"))
OWN, PEER, LOWER_PEER = ip_address("10.0.0.5"), ip_address("10.0.0.9"), ip_address("10.0.0.2")
OWN6, PEER6 = ip_address("fe80::5"), ip_address("fe80::9")
BECOME_MASTER = ["SendAdvert 100", "AddAddresses", "Announce"]


def expected(version: int = 3, family: Family = Family.IPV4, **changes) -> Expected:
    fields = {
        "family": family,
        "vrid": 51,
        "version": version,
        "interval_ns": SECOND,
        "addresses": (VIP,) if family is Family.IPV4 else VIP6,
    }
    return Expected(**fields | changes)


def settings(
    version: int = 3, priority: int = 100, family: Family = Family.IPV4, expect: dict | None = None, **changes
):
    wanted = expected(version, family, owner=priority == 255, **expect or {})
    return Settings(name="VI_1", expected=wanted, priority=priority, **changes)


def started(version: int = 3, priority: int = 100, family: Family = Family.IPV4, at_ns: int = 0, **changes):
    """A router that has just taken part: backup, or master if it is the owner."""
    router = VirtualRouter(settings(version, priority, family, **changes))
    router.handle(at_ns, SourceChanged(OWN if family is Family.IPV4 else OWN6))
    router.handle(at_ns, Startup())
    return router


def master(version: int = 3, priority: int = 100, family: Family = Family.IPV4, **changes):
    """A router that became master at time 0 because nobody was heard before."""
    router = VirtualRouter(settings(version, priority, family, **changes))
    router.handle(0, SourceChanged(OWN if family is Family.IPV4 else OWN6))
    begin_ns = -router.master_down_interval_ns
    router.handle(begin_ns, Startup())
    router.handle(0, Tick())
    assert router.state_name == "master"
    return router


def advert(
    priority: int,
    source=PEER,
    version: int = 3,
    interval_ns: int = SECOND,
    addresses=None,
    vrid: int = 51,
    ttl: int = 255,
    auth_type: int = 0,
    auth_data: bytes = b"",
    form: Checksum = Checksum.PSEUDO_HEADER,
    destination=None,
) -> Advert:
    """What a router at `source` says, through the codec and back."""
    family = Family.of(source)
    addresses = addresses if addresses is not None else ((VIP,) if family is Family.IPV4 else VIP6)
    destination = destination or family.group
    if version == 2:
        message = encode_v2(vrid, priority, interval_ns, addresses, auth_type, auth_data)
    else:
        message = encode_v3(vrid, priority, interval_ns, addresses, source, destination, form)
    return read(message, source, destination, ttl)


def read(message: bytes, source=PEER, destination=None, ttl: int = 255) -> Advert:
    return decode(
        Packet(
            source=source,
            destination=destination or Family.of(source).group,
            ttl=ttl,
            protocol=112,
            payload=message,
            length=len(message),
        )
    )


def hears(router: VirtualRouter, now_ns: int, *args, **changes):
    """Let `router` hear an advert; returns its actions."""
    return router.handle(now_ns, AdvertReceived(advert(*args, **changes)))


def effects(actions) -> list[str]:
    """The names of the actions that have an effect outside, in order; adverts with their priority."""
    words = []
    for action in actions:
        name = type(action).__name__
        if name == "SendAdvert":
            words.append(f"SendAdvert {action.priority}")
        elif name in ("AddAddresses", "RemoveAddresses", "Announce"):
            words.append(name)
    return words


def lines(actions) -> list[str]:
    """What the actions log."""
    return [action.text for action in actions if type(action).__name__ == "Log"]


def every_event():
    """One event of each kind that can come from outside, adverts of every rank among them."""
    return [
        Startup(),
        Shutdown(),
        Stopped("root"),
        FaultsChanged(("down",)),
        Tick(),
        AdvertReceived(advert(0)),
        AdvertReceived(advert(50)),
        AdvertReceived(advert(100)),
        AdvertReceived(advert(200)),
        AdvertReceived(advert(200, ttl=1)),
    ]


def state_after_refusal(router: VirtualRouter, refused) -> tuple:
    """State, deadline and learned values around a packet that must be refused."""
    before = (router.state, router.next_deadline_ns(), router.interval_ns, router.priority)
    received = router.statistics.advertisement_rcvd
    counters = sum(asdict(router.statistics).values())
    actions = router.handle(500 * MS, AdvertReceived(refused))
    assert effects(actions) == []
    assert router.statistics.advertisement_rcvd == received
    assert sum(asdict(router.statistics).values()) == counters + 1, "exactly one counter grows"
    return before, (router.state, router.next_deadline_ns(), router.interval_ns, router.priority)
