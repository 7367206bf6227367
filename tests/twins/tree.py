"""A configuration as a tree of lines: it can be printed, read back, edited and made smaller."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface


@dataclass
class Node:
    """A line, and the lines of its block; None for a line without a block."""

    text: str
    block: list[Node] | None = None

    @property
    def words(self) -> list[str]:
        return self.text.split()


Tree = list[Node]


def node(text: str, *lines: str | Node) -> Node:
    """A line with a block."""
    return Node(text, [line if isinstance(line, Node) else Node(line) for line in lines])


def text_of(tree: Tree, depth: int = 0) -> str:
    """The tree as a file."""
    pad, parts = "    " * depth, []
    for one in tree:
        if one.block is None:
            parts.append(f"{pad}{one.text}\n")
        else:
            parts.append(f"{pad}{one.text} {{\n{text_of(one.block, depth + 1)}{pad}}}\n")
    return "".join(parts)


def read(text: str) -> Tree:
    """A file as a tree. Braces end a line or stand alone, or a block stands in one line; comments go."""
    stack: list[Tree] = [[]]
    for line in text.splitlines():
        words, rest = _without_comment(line).strip(), ""
        for sign in words + "\n":
            if sign not in "{}\n":
                rest += sign
                continue
            line, rest = rest.strip(), ""
            if sign == "{":
                if not line and stack[-1]:  # the brace stands on a line of its own
                    opened = stack[-1][-1]
                else:
                    opened = Node(line)
                    stack[-1].append(opened)
                opened.block = []
                stack.append(opened.block)
                continue
            if line:
                stack[-1].append(Node(line))
            if sign == "}" and len(stack) > 1:
                stack.pop()
    return stack[0]


def _without_comment(line: str) -> str:
    quoted = False
    for at, sign in enumerate(line):
        if sign == '"':
            quoted = not quoted
        elif sign in "#!" and not quoted:
            return line[:at]
    return line


def paths(tree: Tree, before: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Every place in a tree, outer ones first."""
    for number, one in enumerate(tree):
        yield (*before, number)
        yield from paths(one.block or [], (*before, number))


def without(tree: Tree, path: tuple[int, ...]) -> Tree:
    """The tree without what is at a place."""
    tree = deepcopy(tree)
    inner = tree
    for number in path[:-1]:
        inner = inner[number].block or []
    del inner[path[-1]]
    return tree


def find(tree: Tree, *words: str) -> Iterator[Node]:
    """The nodes that begin with these words."""
    return (one for one in tree if one.words[: len(words)] == list(words))


def value(tree: Tree, keyword: str, default: str = "") -> str:
    """The first word after a keyword; the last of several lines counts."""
    found = [one.words[1] for one in find(tree, keyword) if len(one.words) > 1]
    return found[-1] if found else default


def number(text: str, default: float) -> float:
    try:
        return float(text)
    except ValueError:
        return default


def block(tree: Tree, *keyword: str) -> Tree:
    """The lines of all blocks of a keyword."""
    return [inner for one in find(tree, *keyword) for inner in one.block or []]


@dataclass(frozen=True)
class Held:
    """A virtual address as it is written."""

    address: str
    device: str
    tracked: bool = True  # False: with no_track it may be missing

    @property
    def family(self) -> int:
        return ip_address(self.address).version


@dataclass(frozen=True)
class Router:
    """What the harness has to know of a vrrp_instance."""

    name: str
    interface: str
    vrid: int
    version: int
    family: int
    priority: int
    interval_s: float
    addresses: tuple[Held, ...] = ()
    excluded: tuple[Held, ...] = ()
    auth_type: str = ""
    password: str = ""
    peers: tuple[str, ...] = ()
    source: str = ""  # of unicast
    group: str = ""  # of multicast
    preempt_delay_s: float = 0.0
    virtual_mac: bool = False


@dataclass
class Facts:
    """What the harness has to know of a whole configuration."""

    routers: list[Router] = field(default_factory=list)
    scripts: list[tuple[str, float, int, int]] = field(default_factory=list)  # name, interval, rise, fall
    garp_delay_s: float = 5.0
    down_adverts: int = 3  # so many must be missing before another router takes over
    slow_s: float = 0.0  # the longest of what delays a change by itself
    garp_interval_s: float = 0.0  # between announcements
    refreshed: bool = False  # announcements are repeated as long as a router is master


def facts(tree: Tree) -> Facts:
    """Read with its defaults, as keepalived documents them."""
    general = block(tree, "global_defs")
    found = Facts()
    for one in find(tree, "vrrp_instance"):
        if router := _router(one, general):
            found.routers.append(router)
    for one in find(tree, "vrrp_script"):
        lines = one.block or []
        counts = [int(number(value(lines, keyword), 1)) for keyword in ("rise", "fall")]
        found.scripts.append((one.words[1], number(value(lines, "interval"), 1.0), *counts))
    instances = [one.block or [] for one in find(tree, "vrrp_instance")]
    default = number(value(general, "vrrp_garp_master_delay"), 5.0)
    found.garp_delay_s = max([number(value(one, "garp_master_delay"), default) for one in instances], default=5.0)
    gaps = [number(value(general, name), 0.0) for name in ("vrrp_garp_interval", "vrrp_gna_interval")]
    found.garp_interval_s = max(gaps)
    downs = [number(value(one, "down_timer_adverts"), 3) for one in instances]
    found.down_adverts = int(max([number(value(general, "vrrp_down_timer_adverts"), 3), *downs]))
    slow = [number(value(general, name), 0.0) for name in ("vrrp_startup_delay", "vrrp_delay_after_boot")]
    slow += [router.preempt_delay_s for router in found.routers]
    for one in block(tree, "interface_up_down_delays"):
        slow += [number(word, 0.0) for word in one.words[1:]]
    for one in find(tree, "vrrp_track_process"):
        slow += [sum(number(value(one.block or [], k), 0.0) for k in ("delay", "fork_delay", "terminate_delay")) + 1.2]
    found.slow_s = max(slow, default=0.0)
    every = [general, *instances]
    refreshes = ("vrrp_garp_master_refresh", "garp_master_refresh", "vrrp_vmac_garp_intvl", "vmac_garp_intvl")
    found.refreshed = any(number(value(one, k), 0.0) > 0 for one in every for k in refreshes)
    return found


def _router(one: Node, general: Tree) -> Router | None:
    lines = one.block or []
    interface = value(lines, "interface", value(general, "default_interface", "eth0"))
    addresses = _addresses(block(lines, "virtual_ipaddress"), interface)
    excluded = _addresses(block(lines, "virtual_ipaddress_excluded"), interface)
    if len(one.words) < 2:
        return None
    family = addresses[0].family if addresses else 4
    version = int(number(value(lines, "version", value(general, "vrrp_version", "2")), 2))
    authentication = block(lines, "authentication")
    return Router(
        name=one.words[1],
        interface=interface,
        vrid=int(number(value(lines, "virtual_router_id"), 0)),
        version=3 if family == 6 else version,
        family=family,
        priority=int(number(value(lines, "priority"), 100)),
        interval_s=number(value(lines, "advert_int"), 1.0),
        addresses=tuple(addresses),
        excluded=tuple(excluded),
        auth_type=value(authentication, "auth_type") if version == 2 else "",
        password=value(authentication, "auth_pass")[:8],
        peers=tuple(peer.words[0] for peer in block(lines, "unicast_peer")),
        source=value(lines, "unicast_src_ip"),
        group=value(lines, "mcast_dst_ip", value(general, f"vrrp_mcast_group{family}")),
        preempt_delay_s=number(value(lines, "preempt_delay"), 0.0),
        virtual_mac=any(find(lines, "use_vmac")),
    )


def _addresses(lines: Tree, interface: str) -> list[Held]:
    found = []
    for line in lines:
        words = shlex.split(line.text)
        try:
            address = str(ip_interface(words[0]).ip)
        except ValueError:
            continue
        device = words[words.index("dev") + 1] if "dev" in words[:-1] else interface
        found.append(Held(address, device, "no_track" not in words))
    return found
