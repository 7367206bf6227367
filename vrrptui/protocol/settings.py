"""The settings of one virtual router: the parameters of RFC 9568 §6.1 and keepalived's additions."""

from __future__ import annotations

from dataclasses import dataclass

from vrrptui.protocol.advert import PRIORITY_OWNER
from vrrptui.protocol.receive import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a virtual router's state machine. Intervals are in nanoseconds."""

    name: str
    expected: Expected
    priority: int = 100  # base, 1-255
    preempt: bool = True
    preempt_delay_ns: int = 0
    answer_lower: bool = True  # RFC 9568 §6.4.3; RFC 3768 §6.4.3 discards silently
    answer_higher: bool = False  # keepalived's higher_prio_send_advert
    down_adverts: int = 3  # 1-100
    compare_once: bool = False  # report a differing address list once per master (skip_check_adv_addr)
    announce_delay_ns: int = 5_000_000_000  # delay of the second burst; 0: none
    announce_lower_delay_ns: int = 5_000_000_000  # delay of the second burst after an advert of lower priority; 0: none
    announce_refresh_ns: int = 0  # 0: none

    @property
    def interval_ns(self) -> int:
        return self.expected.interval_ns

    @property
    def owner(self) -> bool:
        return self.priority == PRIORITY_OWNER
