"""Draws configurations that somebody could have: common keywords often, every other one that is run now and then."""

from __future__ import annotations

import random
from copy import deepcopy

from tests.twins.tree import Node, Tree, block, facts, find, node, paths, value, without
from tests.twins.world import NETWORKS, OWN, OWN_6, PEER, PEER_6

PROCESS = "tracked-process"  # stands for a name that no other process of the machine has
ROUTES = ("203.0.113.0/24", "203.0.113.128/25")
OPTIONS = ("brd +", "preferred_lft 0", "noprefixroute", "brd 192.0.2.255")  # of an IPv4 address
ONE_IN = {"usual": 3, "common": 6, "rare": 20, "odd": 40}  # how often a keyword is drawn


class Draw:
    """Draws one configuration."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.version = chance.choices((3, 2), (3, 1))[0]
        self.interval = str(chance.choice((0.1, 0.1, 0.2, 0.3)) if self.version == 3 else 1)
        self.scripts: list[str] = []
        self.files: list[str] = []
        self.processes: list[str] = []

    def often(self, how: str) -> bool:
        return self.chance.random() < 1 / ONE_IN[how]

    def some(self, *lines: tuple[str, str | Node]) -> list[str | Node]:
        """Those of the lines that chance takes, each with how usual it is."""
        return [line for how, line in lines if self.often(how)]

    def tree(self) -> Tree:
        chance = self.chance
        count = chance.choices((1, 2, 3, 4), (10, 6, 3, 1))[0]
        trackers = self.trackers()
        instances = [self.instance(number) for number in range(1, count + 1)]
        tree = [self.general(count), *trackers, *instances]
        if count > 1 and self.often("usual"):
            tree.append(self.sync_group(chance.sample(range(1, count + 1), chance.randint(2, count))))
        tree += self.static()
        return tree

    # The parts of a file.

    def general(self, count: int) -> Node:
        chance = self.chance
        lines: list[str | Node] = ["router_id twin", "script_user root"]
        if self.version == 3 or self.often("rare"):
            lines.append(f"vrrp_version {self.version}")
        slowly = chance.random() < (0.3 if count > 2 else 0.05)
        if chance.random() < (0.2 if slowly else 0.8):
            lines.append("vrrp_garp_master_delay 1")
        if slowly:
            lines.append(f"vrrp_garp_interval {chance.choice((1, 1, 0.2, 0.05))}")
        lines += self.some(
            ("rare", f"vrrp_garp_master_repeat {chance.choice((1, 2, 3))}"),
            ("odd", "vrrp_garp_master_refresh 1"),
            ("rare", "vrrp_gna_interval 0.05"),
            ("odd", "vrrp_min_garp"),
            ("rare", "vrrp_garp_lower_prio_repeat 1"),
            ("odd", "vrrp_garp_lower_prio_delay 1"),
            ("rare", "vrrp_lower_prio_no_advert true"),
            ("rare", "vrrp_higher_prio_send_advert true"),
            ("odd", "vrrp_owner_ignore_adverts"),
            ("rare", "vrrp_check_unicast_src"),
            ("rare", "vrrp_skip_check_adv_addr"),
            ("odd", f"vrrp_down_timer_adverts {chance.choice((1, 2, 5))}"),
            ("odd", "vrrp_startup_delay 1"),
            ("odd", "vrrp_mcast_group4 224.0.0.25"),
            ("odd", "vrrp_strict"),
            ("common", "enable_script_security"),
            ("common", chance.choice(("notify_fifo /tmp/fifo", "notify_fifo /tmp/fifo", "vrrp_notify_fifo /tmp/fifo"))),
            ("rare", "vrrp_notify_priority_changes true"),
            ("rare", "fifo_write_vrrp_states_on_reload"),
        )
        return node("global_defs", *lines)

    def trackers(self) -> Tree:
        chance, made = self.chance, []
        for number in (1, 2):
            if chance.random() < (0.4 if number == 1 else 0.1):
                self.scripts.append(f"chk{number}")
                lines = [f'script "/usr/bin/test -e /tmp/flag{number}"', "interval 1", *self.weight()]
                lines += self.some(("rare", "fall 2"), ("rare", "rise 2"), ("rare", "init_fail"), ("rare", "timeout 1"))
                made.append(node(f"vrrp_script chk{number}", *lines))
            if chance.random() < (0.15 if number == 1 else 0.04):
                self.files.append(f"file{number}")
                weight = self.some(("usual", f"weight {chance.choice((1, 2, -1, -2))}"))
                name = chance.choice((f"track_file file{number}", f"vrrp_track_file file{number}"))
                made.append(node(name, f"file /tmp/number{number}", *weight))
        if self.often("rare"):
            self.processes.append("proc")
            made.append(
                node("vrrp_track_process proc", f"process {PROCESS}", *self.weight(), *self.some(("rare", "delay 1")))
            )
        return made

    def weight(self) -> list[str]:
        weight = self.chance.choices(("", "-20", "20", "-120", "253", "-253", "2 reverse"), (8, 4, 4, 2, 1, 1, 1))[0]
        return [f"weight {weight}"] if weight else []

    def static(self) -> Tree:
        return [one for one in self.some(
            ("odd", node("static_ipaddress", "192.0.2.90/24 dev eth0")),
            ("odd", node("static_routes", "203.0.113.0/26 via 192.0.2.50 dev eth0")),
            ("odd", node("static_rules", "from 203.0.113.64/26 table 101")),
        ) if isinstance(one, Node)]  # fmt: skip

    def sync_group(self, members: list[int]) -> Node:
        lines: list[str | Node] = [node("group", *(f"VI_{number}" for number in members))]
        lines += self.notify("VG", ("common", "common"))
        lines += self.tracking("rare")
        lines += self.some(("rare", "sync_group_tracking_weight"))
        return node("vrrp_sync_group VG", *lines)

    def instance(self, number: int) -> Node:
        chance = self.chance
        six = self.chance.random() < 0.3
        version = 3 if six else self.version
        interface = chance.choices(("eth0", "eth1"), (4, 1))[0]
        priority = chance.choices((100, 150, 50, 255, 254, 1), (8, 4, 3, 2, 1, 1))[0]
        lines: list[str | Node] = [f"interface {interface}", f"virtual_router_id {50 + number}"]
        state = chance.choices(("", "state BACKUP", "state MASTER"), (2, 3, 3))[0]
        lines += [state] if state else []
        lines += [f"priority {priority}"] if priority != 100 or state == "state MASTER" or self.often("common") else []
        lines.append(f"advert_int {self.interval if version == self.version or six else '1'}")
        if six and self.version == 2:
            lines[-1] = "advert_int 1"
        lines += self.preemption(state)
        if self.version == 2 and not six and chance.random() < 0.7:
            kind = chance.choices(("PASS", "AH"), (6, 1))[0]
            lines.append(
                node("authentication", f"auth_type {kind}", f"auth_pass {chance.choice(('s3cret', 'longerthan8'))}")
            )
        lines += self.unicast(interface, six)
        lines.append(node("virtual_ipaddress", *self.addresses(interface, six, number)))
        if self.often("rare"):
            other = chance.random() < 0.5
            lines.append(node("virtual_ipaddress_excluded", *self.addresses(interface, other, number + 20)[:2]))
        lines += self.virtual_mac(six, number)
        lines += self.routing(number, six)
        lines += self.tracking("usual")
        lines += self.notify(f"VI_{number}", ("usual", "common"))
        lines += self.settings(version)
        return node(f"vrrp_instance VI_{number}", *lines)

    def preemption(self, state: str) -> list[str | Node]:
        chance = self.chance.random()
        if chance < 0.15:
            return ["nopreempt"]
        return ["preempt_delay 1"] if chance < 0.25 else []

    def unicast(self, interface: str, six: bool) -> list[str | Node]:
        if self.chance.random() > 0.2:
            return self.some(("odd", f"mcast_src_ip {OWN[interface]}")) if not six else []
        own, peer = (OWN_6, PEER_6) if six else (OWN, PEER)
        ttl = self.chance.choices(("", " min_ttl 255", " min_ttl 10 max_ttl 255"), (8, 1, 1))[0]
        lines: list[str | Node] = [f"unicast_src_ip {own[interface]}"] if six or self.chance.random() < 0.8 else []
        lines.append(node("unicast_peer", f"{peer[interface]}{ttl}"))
        return lines + self.some(("odd", "unicast_ttl 64"), ("odd", "check_unicast_src"), ("odd", "track_src_ip"))

    def addresses(self, interface: str, six: bool, number: int) -> list[str]:
        chance, count = self.chance, self.chance.choices((1, 2, 3), (6, 3, 1))[0]
        lines = []
        if six and chance.random() < 0.75:
            lines.append(f"fe80::{50 + number}/64")
        for more in range(count):
            device = interface
            words = []
            if chance.random() < 0.12:
                device = "eth1" if interface == "eth0" else "eth0"
            if device != interface or chance.random() < 0.15:
                words.append(f"dev {device}")
            if six:
                length = chance.choices(("/64", "", "/128"), (6, 1, 1))[0]
                text = f"{NETWORKS[device][1].replace(':0::', '::')}{10 * number + more:x}{length}"
                words += chance.choices(
                    ([], ["-nodad"], ["home"], ["preferred_lft 0"], ["noprefixroute"]), (16, 1, 1, 1, 1)
                )[0]
            else:
                length = chance.choices(("/24", "", "/32"), (6, 2, 1))[0]
                text = f"{NETWORKS[device][0]}{100 + 10 * (number % 10) + more + 5 * (number > 9)}{length}"
                label = f"label {device}:{number}"
                words += chance.choices(([], [label], *([one] for one in OPTIONS)), (14, 2, *[1] * len(OPTIONS)))[0]
            if len(lines) and self.often("odd"):
                words.append("no_track")
            lines.append(" ".join([text, *words]))
        return lines

    def virtual_mac(self, six: bool, number: int) -> list[str | Node]:
        if self.chance.random() > 0.15:
            return []
        lines: list[str | Node] = [self.chance.choice(("use_vmac", "use_vmac", f"use_vmac vm{number}"))]
        return lines + self.some(("usual", "vmac_xmit_base"), ("odd", "use_vmac_addr"))

    def routing(self, number: int, six: bool) -> list[str | Node]:
        lines: list[str | Node] = []
        if self.often("rare"):
            via = self.chance.choice(
                ("via 192.0.2.50", "dev eth0", "via 192.0.2.50 metric 20", "via 192.0.2.50 table 100")
            )
            no_track = " no_track" if self.often("common") else ""
            lines.append(node("virtual_routes", f"{ROUTES[0]} {via}{no_track}"))
        if self.often("rare"):
            lines.append(
                node("virtual_rules", f"from {ROUTES[1]} table 100{' priority 200' if self.often('usual') else ''}")
            )
        return lines

    def tracking(self, how: str) -> list[str | Node]:
        lines: list[str | Node] = []
        for keyword, names in (
            ("track_script", self.scripts),
            ("track_file", self.files),
            ("track_process", self.processes),
        ):
            used = [name for name in names if self.chance.random() < (0.8 if how == "usual" else 0.2)]
            if used:
                lines.append(node(keyword, *(f"{name}{self._own_weight()}" for name in used)))
        if self.often("common" if how == "usual" else "rare"):
            devices = self.chance.sample(("eth0", "eth1"), self.chance.choice((1, 1, 2)))
            weights = ("", " weight 50", " weight -50", " weight -30 reverse")
            lines.append(
                node("track_interface", *(f"{one}{self.chance.choices(weights, (4, 3, 2, 1))[0]}" for one in devices))
            )
        return lines

    def _own_weight(self) -> str:
        return self.chance.choices(("", " weight -30", " weight 30", " weight -30 reverse"), (8, 1, 1, 1))[0]

    def notify(self, name: str, how: tuple[str, str]) -> list[str | Node]:
        lines = []
        if self.often(how[0]):
            lines += [f'notify_{state} "/tmp/notify.sh {state} {name}"' for state in ("master", "backup", "fault")]
        if self.often(how[1]):
            lines.append('notify "/tmp/notify.sh"')
        if self.often("rare"):
            lines.append(f'notify_stop "/tmp/notify.sh stop {name}"')
        return lines + self.some(("odd", "notify_priority_changes true"))

    def settings(self, version: int) -> list[str | Node]:
        chance = self.chance
        return self.some(
            ("rare", "dont_track_primary"),
            ("rare", f"garp_master_repeat {chance.choice((1, 3))}"),
            ("odd", "garp_master_refresh 1"),
            ("odd", "garp_lower_prio_repeat 2"),
            ("odd", "garp_lower_prio_delay 1"),
            ("rare", "lower_prio_no_advert true"),
            ("rare", "higher_prio_send_advert true"),
            ("odd", "owner_ignore_adverts"),
            ("odd", "skip_check_adv_addr"),
            ("odd", "strict_mode on"),
            ("odd", f"down_timer_adverts {chance.choice((1, 2))}"),
            ("odd", "accept"),
            ("odd", "no_accept") if version == 3 else ("odd", "accept"),
            ("odd", "promote_secondaries"),
            ("odd", "kernel_rx_buf_size 65536"),
            ("odd", "mcast_dst_ip 224.0.0.30"),
            ("odd", "native_ipv6"),
        )


def draw(chance: random.Random) -> Tree:
    """A configuration."""
    return Draw(chance).tree()


def contradicts(tree: Tree) -> bool:
    """Strict mode has no unicast peers: what becomes of both is nothing that anybody relies on."""
    strict = any(find(block(tree, "global_defs"), "vrrp_strict"))
    for one in find(tree, "vrrp_instance"):
        if any(find(one.block or [], "unicast_peer")) and (strict or any(find(one.block or [], "strict_mode"))):
            return True
    return False


# Edits, for a reload.


def edited(chance: random.Random, tree: Tree) -> Tree:
    """The tree with a change or two that an operator could make."""
    for _ in range(chance.choice((1, 1, 2))):
        tree = chance.choice((_other_priority, _other_address, _without_line, _without_line, _other_instance))(
            chance, tree
        )
    return tree


def _an_instance(chance: random.Random, tree: Tree) -> Node:
    return chance.choice(list(find(tree, "vrrp_instance")))


def _other_priority(chance: random.Random, tree: Tree) -> Tree:
    tree = deepcopy(tree)
    lines = _an_instance(chance, tree).block or []
    lines[:] = [one for one in lines if one.words[0] != "priority"]
    lines.insert(0, Node(f"priority {chance.choice((40, 90, 100, 160, 255))}"))
    return tree


def _other_address(chance: random.Random, tree: Tree) -> Tree:
    """One address more, or one less."""
    tree = deepcopy(tree)
    listed = next(find(_an_instance(chance, tree).block or [], "virtual_ipaddress")).block or []
    if len(listed) > 1 and chance.random() < 0.5:
        listed.pop(chance.randrange(len(listed)))
    else:
        six = ":" in listed[0].text
        listed.append(
            Node(f"2001:db8::{chance.randint(200, 220):x}/64" if six else f"192.0.2.{chance.randint(200, 220)}/24")
        )
    return tree


def _without_line(chance: random.Random, tree: Tree) -> Tree:
    places = [path for path in paths(tree) if len(path) == 2 and _may_go(tree, path)]
    return without(tree, chance.choice(places)) if places else tree


def _may_go(tree: Tree, path: tuple[int, ...]) -> bool:
    outer = tree[path[0]]
    needed = ("interface", "virtual_router_id", "virtual_ipaddress", "advert_int", "group", "script", "file", "process")
    inner = (outer.block or [])[path[1]]
    return inner.words[0] not in (*needed, "vrrp_version", "vrrp_garp_master_delay", "script_user", "state", "priority")


def _other_instance(chance: random.Random, tree: Tree) -> Tree:
    """One virtual router less, or one more."""
    routers = facts(tree).routers
    grouped = {one.text for group in find(tree, "vrrp_sync_group") for one in block(group.block or [], "group")}
    spare = [r.name for r in routers if r.name not in grouped]
    if len(routers) > 1 and spare and chance.random() < 0.6:
        gone = chance.choice(spare)
        return [one for one in tree if one.words[:2] != ["vrrp_instance", gone]]
    draw = Draw(chance)
    general = next(find(tree, "global_defs"), None)
    draw.version = int(value(general.block or [], "vrrp_version", "2")) if general else 2
    draw.interval = "0.2" if draw.version == 3 else "1"
    new = draw.instance(5)
    return tree if any(router.name == "VI_5" for router in routers) else [*tree, new]
