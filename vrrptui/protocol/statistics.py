"""Counters of a virtual router, named as in RFC 8347, and the limit on how often one thing is logged."""

from __future__ import annotations

from dataclasses import dataclass, field

from vrrptui.protocol.advert import Reason

COUNTER_OF_REASON = {
    Reason.CARP: "invalid_type_pkts_rcvd",
    Reason.BAD_IP_CHECKSUM: "checksum_errors",
    Reason.TTL_NOT_255: "ip_ttl_errors",
    Reason.TTL_REFUSED: "ip_ttl_errors",
    Reason.BAD_VERSION: "version_errors",
    Reason.BAD_TYPE: "invalid_type_pkts_rcvd",
    Reason.TRUNCATED: "packet_length_errors",
    Reason.BAD_LENGTH: "packet_length_errors",
    Reason.BAD_CHECKSUM: "checksum_errors",
    Reason.BAD_VRID: "vrid_errors",
    Reason.OWN_SOURCE: "own_source_rcvd",
    Reason.UNKNOWN_PEER: "unknown_peer_rcvd",
    Reason.LOCAL_OWNER: "owner_conflicts",
    Reason.BAD_AUTH_TYPE: "invalid_auth_type",
    Reason.AUTH_MISMATCH: "auth_type_mismatch",
    Reason.AUTH_FAILURE: "auth_failures",
    Reason.REPLAYED: "auth_failures",
    Reason.BAD_ADDRESS_COUNT: "address_list_errors",
    Reason.FIRST_NOT_LINK_LOCAL: "address_list_errors",
    Reason.ZERO_INTERVAL: "interval_errors",
    Reason.INTERVAL_MISMATCH: "interval_errors",
    Reason.ADDRESS_LIST: "address_list_errors",
}


@dataclass(slots=True)
class Statistics:
    """What one virtual router has counted since it was made."""

    master_transitions: int = 0
    advertisement_rcvd: int = 0
    advertisement_sent: int = 0
    priority_zero_pkts_rcvd: int = 0
    priority_zero_pkts_sent: int = 0
    invalid_type_pkts_rcvd: int = 0
    address_list_errors: int = 0
    packet_length_errors: int = 0
    interval_errors: int = 0
    ip_ttl_errors: int = 0
    checksum_errors: int = 0
    version_errors: int = 0
    vrid_errors: int = 0
    auth_failures: int = 0
    auth_type_mismatch: int = 0
    invalid_auth_type: int = 0
    own_source_rcvd: int = 0
    unknown_peer_rcvd: int = 0
    owner_conflicts: int = 0

    def count(self, reason: Reason) -> None:
        """Count one refusal or note; exactly one counter grows."""
        name = COUNTER_OF_REASON[reason]
        setattr(self, name, getattr(self, name) + 1)


@dataclass(slots=True)
class LogLimit:
    """Says the same thing at most once in `period_ns`, and no more than `most` different things in it.

    So a flood that differs in every packet, by its source for one, is bounded as well; the counters stay exact.
    """

    period_ns: int = 60_000_000_000
    most: int = 256
    _said: dict[object, int] = field(default_factory=dict)  # what was said last stands last

    def twin(self) -> LogLimit:
        """A copy that goes its own way."""
        return LogLimit(self.period_ns, self.most, dict(self._said))

    def would_permit(self, now_ns: int, what: object) -> bool:
        """Whether it is so long since `what` was said that it may be said again."""
        last_ns = self._said.get(what)
        return last_ns is None or now_ns - last_ns >= self.period_ns

    def permits(self, now_ns: int, what: object) -> bool:
        """Whether `what` may be said at `now_ns`; if so it is taken as said."""
        last_ns = self._said.get(what)
        if last_ns is not None and now_ns - last_ns < self.period_ns:
            return False
        if last_ns is None and len(self._said) >= self.most:
            oldest = next(iter(self._said))
            if now_ns - self._said[oldest] < self.period_ns:
                return False
            del self._said[oldest]
        self._said.pop(what, None)
        self._said[what] = now_ns
        return True
