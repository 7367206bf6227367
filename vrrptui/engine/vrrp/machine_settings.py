"""A configured virtual router as its state machine knows it."""

from __future__ import annotations

from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.protocol.receive import Expected
from vrrptui.protocol.settings import Settings


def settings_of(config: VirtualRouterConfig) -> Settings:
    """What the state machine needs of a configuration."""
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
