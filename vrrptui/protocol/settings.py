"""How one virtual router is set: what its state machine must know (RFC 9568 §6.1), and what keepalived lets be set."""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.protocol.advert import PRIORITY_OWNER
from vrrptui.protocol.receive import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the state machine of one virtual router must know. Intervals are nanoseconds."""

    name: str
    expected: Expected
    priority: int = 100  # base, 1-255
    preempt: bool = True
    preempt_delay_ns: int = 0
    answer_lower: bool = True  # RFC 9568 §6.4.3; RFC 3768 §6.4.3 discards in silence
    answer_higher: bool = False  # keepalived's higher_prio_send_advert
    down_adverts: int = 3  # 1-100
    compare_once: bool = False  # an address list that differs is told once a master
    announce_delay_ns: int = 5_000_000_000  # the second burst; 0: none
    announce_lower_delay_ns: int = 5_000_000_000  # the second one after an advert of lower priority; 0: none
    announce_refresh_ns: int = 0  # 0: none

    @property
    def interval_ns(self) -> int:
        return self.expected.interval_ns

    @property
    def owner(self) -> bool:
        return self.priority == PRIORITY_OWNER
