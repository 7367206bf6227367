"""Applies the kernel's reports to the links of this network namespace."""

from __future__ import annotations

from vrrptui.engine.host.link import Link
from vrrptui.engine.host.reports import AddressReport, LinkReport, address_report, link_report
from vrrptui.engine.host.requests import IFF_UP, RTM_DELADDR, RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK

IFF_LOOPBACK, IFF_RUNNING = 0x8, 0x40
Links = dict[int, Link]  # by index


def take(links: Links, kind: int, message: memoryview) -> None:
    """Apply a message of type `kind` to `links`. Types other than links and addresses are ignored."""
    if kind in (RTM_NEWLINK, RTM_DELLINK):
        report = link_report(message)
        if report is not None and kind == RTM_NEWLINK:
            _take_link(links, report)
        elif report is not None:
            links.pop(report.link, None)
    elif kind in (RTM_NEWADDR, RTM_DELADDR):
        address = address_report(message)
        if address is not None:
            take_address(links, address, gone=kind == RTM_DELADDR)


def take_address(links: Links, report: AddressReport, gone: bool) -> None:
    """Apply an added or deleted (`gone`) address. An unknown link is ignored."""
    link = links.get(report.link)
    if link is None:
        return
    if gone:
        link.drop(report.interface)
    else:
        link.put(report.interface, report.flags)


def _take_link(links: Links, report: LinkReport) -> None:
    before = links.get(report.link)
    links[report.link] = Link(
        index=report.link,
        name=report.name or (before.name if before else f"if{report.link}"),
        up=bool(report.flags & IFF_UP and report.flags & IFF_RUNNING),
        mac=report.mac,
        mtu=report.mtu,
        loopback=bool(report.flags & IFF_LOOPBACK),
        enabled=bool(report.flags & IFF_UP),
        parent=report.parent,
        vrf=report.vrf,
        vlan=report.vlan,
        addresses=before.addresses if before else {},
        at=before.at if before else {},
    )
