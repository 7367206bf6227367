"""Counters of a virtual router, named as in RFC 8347, and a rate limit for log messages."""

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
    """The counters of one virtual router since it was created."""

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
        """Increment the one counter for a discard reason or note."""
        name = COUNTER_OF_REASON[reason]
        setattr(self, name, getattr(self, name) + 1)


@dataclass(slots=True)
class LogLimit:
    """Permits the same message at most once in `period_ns`, and at most `most` different messages in that time.

    This also bounds a flood in which every packet differs, for example by its source. Counters are not limited.
    """

    period_ns: int = 60_000_000_000
    most: int = 256
    _said: dict[object, int] = field(default_factory=dict)  # in the order of time, the latest last

    def twin(self) -> LogLimit:
        """Return an independent copy."""
        return LogLimit(self.period_ns, self.most, dict(self._said))

    def would_permit(self, now_ns: int, what: object) -> bool:
        """Report whether `what` may be logged again at `now_ns`, without recording it."""
        last_ns = self._said.get(what)
        return last_ns is None or now_ns - last_ns >= self.period_ns

    def permits(self, now_ns: int, what: object) -> bool:
        """Report whether `what` may be logged at `now_ns`, and if so record it."""
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
