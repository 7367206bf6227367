"""What a configuration means for a virtual router: its identity, its binding and its machine's settings."""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.link import Link
from vrrptui.protocol.advert import Address
from vrrptui.protocol.authentication import AUTH_TYPE_AH
from vrrptui.protocol.receive import Expected
from vrrptui.protocol.settings import Settings


def identity(config: VirtualRouterConfig) -> tuple[object, ...]:
    """Return what must not change for a router to keep its state across a reload."""
    group = None if config.unicast_peers else config.group  # the others in the old one must hear that it leaves
    place = (config.interface, config.family, config.vrid, group)
    return (*place, config.devices, config.mac if config.virtual_mac else None, config.ipvlan, config.vrf)


def way(config: VirtualRouterConfig) -> tuple[object, ...]:
    """Return what determines a router's sockets: when it changes, they are opened again."""
    from_base = config.virtual_mac is not None and config.virtual_mac.transmit_from_base
    return (config.auth_type == AUTH_TYPE_AH, from_base)


@dataclass(frozen=True, slots=True)
class Binding:
    """The links and source address of a virtual router. When they change, all packets are prepared again."""

    links: tuple[tuple[int | None, bytes], tuple[int | None, ...]]  # index and MAC at home; other indexes
    source: Address | None


def binding_of(config: VirtualRouterConfig, kernel: Kernel, link: Link | None, source: Address | None) -> Binding:
    """Return the binding on this link with this source address, given the current links of its addresses."""
    elsewhere = dict.fromkeys(a.device for a in config.all_addresses if a.device is not None)
    elsewhere |= dict.fromkeys((config.interface, *(name for _, name in config.devices)))
    indexes = tuple(kernel.index(name) for name in elsewhere)
    return Binding(((link.index if link else None, link.mac if link else b""), indexes), source)


def settings_of(config: VirtualRouterConfig) -> Settings:
    """Return the settings of the state machine for this configuration."""
    return Settings(
        name=config.name,
        expected=Expected(
            family=config.family,
            vrid=config.vrid,
            version=config.version,
            interval_ns=config.interval_ns,
            addresses=tuple(a.address for a in config.addresses),
            auth_type=config.auth_type,
            auth_password=config.auth_password,
            unicast=bool(config.unicast_peers),
            owner=config.owner,
            owner_ignores=config.owner_ignores_adverts or (config.strict and config.version == 2),
            strict=config.strict,
            strict_list=config.strict and config.version == 2,
            old_checksum=config.old_unicast_checksum == "always",
            peers=config.unicast_peers if config.check_unicast_source or config.peer_ttls else (),
            peer_ttls=tuple((one.peer, one.low, one.high) for one in config.peer_ttls),
        ),
        priority=config.priority,
        preempt=config.preempt,
        preempt_delay_ns=config.preempt_delay_ns,
        answer_lower=config.lower_priority_advert,
        answer_higher=config.higher_priority_advert,
        down_adverts=config.down_timer_adverts,
        compare_once=config.skip_check_addresses,
        announce_delay_ns=config.announcements.delay_ns,
        announce_lower_delay_ns=config.announcements.lower_delay_ns,
        announce_refresh_ns=config.announcements.refresh_ns,
    )
