"""The configuration of a group as observed: what all senders have in common, and the differences.

From adverts, and from the local virtual router's settings. Pure. No Textual here.
"""

from __future__ import annotations

from collections.abc import Iterable

from vrrptui.client.view import Row
from vrrptui.console.text.prose import Line, Span, seconds, wrap

OURS = "ours"


def configuration_seen(row: Row, width: int) -> list[Line]:
    """Return one paragraph with the common values, then a line for each difference."""
    heard = row.group.routers if row.group else []
    if not heard:
        return wrap([("no advert heard: nothing to compare", "muted")], width - 1, indent=3, first=_BLANK)
    agreed: list[str] = []
    differing: list[Line] = []
    for name, said in _facts(row).items():
        values = list(dict.fromkeys(said.values()))
        wrong = name == "TTL" and values != ["255"]
        if len(values) == 1 and not wrong:
            agreed.append(f"{name} {values[0]}")
            continue
        parts = [f"{value} by {', '.join(who for who, one in said.items() if one == value)}" for value in values]
        rule = " (255 is demanded, RFC 9568 §5.1.1.3)" if wrong else ""
        spans: list[Span] = [(f"▲ {name}{' differs' if len(values) > 1 else ''}: ", "warning")]
        differing += wrap([*spans, ("; ".join(parts) + rule, "text")], width - 1, indent=3, first=_BLANK)
    speakers = len(heard)
    who = "all agree" if speakers > 1 or row.router else "only one sender: nothing to compare with"
    head: list[Span] = [(f"● {who}: " if not differing else "the rest agrees: ", "ok" if not differing else "muted")]
    rest = wrap([*head, (" · ".join(agreed), "text")], width - 1, indent=3, first=_BLANK) if agreed else []
    return [*differing, *rest]


_BLANK: Line = (("   ", "text"),)


def _facts(row: Row) -> dict[str, dict[str, str]]:
    """Return the values by name and sender; those of the local router if nothing was received."""
    heard = row.group.routers if row.group else []
    shared = row.group.addresses if row.group else []
    facts: dict[str, dict[str, str]] = {
        "version": {one.source: f"v{one.version}" for one in heard},
        "interval": {one.source: seconds(one.interval) for one in heard},
        "addresses": {one.source: _listed(one.addresses or shared) for one in heard},
        "TTL": {one.source: str(one.ttl) for one in heard if one.ttl is not None},
        "checksum": {one.source: one.checksum for one in heard},
        "authentication": {one.source: one.auth for one in heard},
    }
    router = row.router
    if router is not None and not any(one.local for one in heard):
        facts["version"][OURS] = f"v{router.version}"
        if router.version < 3:  # a version 3 backup adopts the master's interval
            facts["interval"][OURS] = seconds(router.advertisement_interval)
        ours = [address.split("/")[0] for address in router.virtual_addresses]
        if set(ours) == set(shared):
            ours = shared
        facts["addresses"][OURS] = _listed(ours)
    return {name: said for name, said in facts.items() if said}


def _listed(addresses: Iterable[str]) -> str:
    return ", ".join(addresses) or "none"
