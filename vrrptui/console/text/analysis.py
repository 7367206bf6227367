"""Assessing an advert: correct or not and why, other masters, the reaction of the local router.

From earlier adverts and the engine's report. No Textual here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from vrrptui.client.advert_log import AdvertRing, Numbered
from vrrptui.console.text.dissector import Field, find
from vrrptui.control.messages import AdvertLine, SaidAdvert
from vrrptui.protocol.advert import Family, virtual_mac
from vrrptui.protocol.timers import DOWN_INTERVALS

LOOKED_THROUGH = 2000  # adverts searched backwards for others of the group

# By the engine's code: the field, the meaning, and the RFC section.
PROBLEMS: dict[str, tuple[str, str]] = {
    "not-vrrp": ("vrrp", "there is no VRRP message in the frame"),
    "carp": ("version", "this is CARP, OpenBSD's protocol on the same number: not VRRP"),
    "bad-ip-checksum": ("ip-checksum", "the IPv4 header's checksum is wrong: no host lets it in (RFC 1122 §3.2.1.2)"),
    "ttl-not-255": ("ttl", "the TTL is not 255: it passed a router or is forged; refused (RFC 9568 §5.1.1.3)"),
    "bad-version": ("version", "the version is neither 2 nor 3 for its family; refused (RFC 9568 §7.1)"),
    "bad-type": ("version", "the type is not 1, advertisement; refused (RFC 9568 §5.2.2)"),
    "truncated": ("cut", "it is shorter than its fields ask for; refused (RFC 9568 §7.1)"),
    "bad-length": ("trailer", "it is longer than its fields; refused (RFC 9568 §7.1)"),
    "bad-checksum": ("checksum", "the VRRP checksum is wrong; refused (RFC 9568 §7.1)"),
    "bad-vrid": ("vrid", "the VRID is not 1 to 255; refused (RFC 9568 §7.1)"),
    "bad-auth-type": ("auth-type", "there is no such authentication type; refused (RFC 3768 §5.3.6)"),
    "bad-address-count": ("count", "there is no virtual address in it, though RFC 9568 §5.2.5 wants one"),
    "first-address-not-link-local": (
        "addresses",
        "its first address is not link-local, though RFC 9568 §5.2.9 wants it to be",
    ),
    "zero-interval": ("interval", "an interval of 0 would expire at once; refused (RFC 9568 §7.1)"),
    "unreadable": ("", "the engine reports a problem that this console does not know"),
}


def analysis(advert: Numbered, ring: AdvertRing, sections: Sequence[Field]) -> Field:
    """Return the first section of the tree, the worst first."""
    line = advert.line
    findings = [_problem(word, sections) for word in line.problems]
    findings += [_oddity(word, sections) for word in line.oddities]
    findings += _source_mac(line, sections)
    same_group = partial(_same_group, line)
    earlier = list(islice(ring.before(advert.number, LOOKED_THROUGH, same_group), 64))
    findings += _second_master(advert, earlier)
    findings += _rhythm(advert, earlier)
    verdict = advert.said.verdict
    tone = "critical" if verdict.startswith("refused") else "ok" if verdict else "muted"
    sign = {"critical": "✖", "ok": "●"}.get(tone, "○")
    said = f"our router: {verdict}" if verdict else "no local router has this VRID: only observed"
    findings.append(Field(f"{sign} {said}", tone=tone))
    findings.sort(key=lambda one: one.tone != "critical")
    worst = "critical" if any(one.tone == "critical" for one in findings) else "text"
    return Field("Analysis", key="analysis", tone=worst, children=tuple(findings))


def _oddity(word: str, sections: Sequence[Field]) -> Field:
    """Return what only strict mode refuses."""
    key, sentence = PROBLEMS.get(word, ("", word.replace("-", " ")))
    return _pointing(f"○ {sentence}", "muted", find(sections, key))


def _problem(word: str, sections: Sequence[Field]) -> Field:
    key, sentence = PROBLEMS.get(word, ("", word.replace("-", " ")))
    return _pointing(f"✖ {sentence}", "critical", find(sections, key))


def _pointing(text: str, tone: str, field: Field | None) -> Field:
    """Return a finding about the bytes of a field."""
    return Field(text, field.start if field else 0, field.end if field else 0, tone=tone)


def due_source_mac(line: AdvertLine) -> str | None:
    """Return the source MAC a master should use (RFC 9568 §7.3); None if the VRID is unreadable."""
    if line.vrid is None:
        return None
    family = Family.IPV6 if line.source is not None and ":" in line.source else Family.IPV4
    return virtual_mac(family, line.vrid).hex(":")


def _source_mac(line: AdvertLine, sections: Sequence[Field]) -> Iterator[Field]:
    wanted, mac = due_source_mac(line), line.source_mac
    if wanted is None or mac is None:
        return
    field = find(sections, "source-mac")
    if mac.lower() == wanted:
        yield _pointing("● source MAC is right (RFC 9568 §7.3)", "ok", field)
    elif mac.lower().startswith("00:00:5e:00:0"):
        text = f"▲ source MAC wrong: another virtual router's; this one has {wanted} (RFC 9568 §7.3)"
        yield _pointing(text, "warning", field)
    else:
        text = f"○ source MAC is an interface's own, not {wanted} (RFC 9568 §7.2)"
        yield _pointing(text, "muted", field)


def _same_group(a: AdvertLine, other: SaidAdvert) -> bool:
    b = other.line
    return (
        a.vrid is not None
        and (a.vrid, a.interface, a.vlan) == (b.vrid, b.interface, b.vlan)
        and (":" in (a.source or "")) == (":" in (b.source or ""))
    )


def _second_master(advert: Numbered, earlier: Sequence[Numbered]) -> Iterator[Field]:
    """Return others whose last advert is younger than their master down interval, without a resignation."""
    last: dict[str | None, Numbered] = {}
    for one in earlier:
        last.setdefault(one.line.source, one)
    for source, one in last.items():
        ago, interval = advert.time - one.time, one.line.interval or 0.0
        if source == advert.line.source or one.line.priority in (0, None) or advert.line.priority in (0, None):
            continue
        if one.line.problems or advert.line.problems or not 0 <= ago <= (DOWN_INTERVALS + 1) * interval:
            continue
        if one.line.priority < (advert.line.priority or 0) and _took_over(advert, earlier):
            continue
        text = f"✖ second master: {source} (priority {one.line.priority}) spoke {ago:.3f} s before"
        yield Field(text, tone="critical")


def _took_over(advert: Numbered, earlier: Sequence[Numbered]) -> bool:
    """Whether this is its router's first advert: a preemption that the other has yet to receive."""
    return all(one.line.source != advert.line.source for one in earlier)


def _rhythm(advert: Numbered, earlier: Sequence[Numbered]) -> Iterator[Field]:
    mine = next((one for one in earlier if one.line.source == advert.line.source), None)
    if mine is None:
        yield Field("○ its router's first advert here, as far as is kept", tone="muted")
        return
    gap, interval = advert.time - mine.time, advert.line.interval
    late = interval is not None and gap > 1.5 * interval
    text = f"{'▲' if late else '●'} {gap:.6f} s after its router's last one"
    if interval is not None:
        text += f", said interval {interval:g} s"
    yield Field(text, tone="warning" if late else "muted")
