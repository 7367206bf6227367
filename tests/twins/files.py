"""Real files: each through both programs, for the start, a takeover each way, and the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from tests.twins import case as cases
from tests.twins.case import Case
from tests.twins.events import Event
from tests.twins.peer import SILENT
from tests.twins.refused import refused_for
from tests.twins.tree import Node, Tree, block, find, read, value
from tests.twins.world import OWN, OWN_6, PEER, PEER_6, SEGMENTS

STUB = "/usr/bin/true"
COMMANDS = re.compile(r"(script|notify\w*|misc_path|startup_script|shutdown_script)\s+(.*)")
OF_SEGMENTS = {*OWN.values(), *OWN_6.values(), *PEER.values(), *PEER_6.values()}


@dataclass
class Row:
    """What came of a file."""

    file: Path
    result: str  # whole, differs, refused
    why: str = ""


def run(folder: Path, jobs: int, say=print) -> list[Row]:
    """Every keepalived.conf of a folder, a row each as it comes."""
    rows = []
    with ThreadPoolExecutor(jobs) as pool:
        for row in pool.map(run_file, sorted(folder.rglob("*.conf"))):
            say(f"{row.file.name:30} {row.result:8} {row.why}", flush=True)
            rows.append(row)
    return rows


def run_file(file: Path) -> Row:
    case = prepared(file.read_text(encoding="utf-8", errors="replace"))
    if why := refused_for(case.tree):
        return Row(file, "refused", why)
    outcome = cases.run(case)
    if outcome.unknown:
        first = outcome.unknown[0]
        return Row(file, "differs", f"{outcome.step.event}: {first}"[:300])
    return Row(file, "whole", f"{outcome.steps} steps, known: {', '.join(sorted(outcome.known)) or 'none'}")


def prepared(text: str) -> Case:
    """The file on the interfaces of the worlds, with commands that exist, on a host with the addresses it names."""
    tree = read(text)
    _rename(tree, dict(_interfaces(tree)))
    _stub(tree)
    adds = [["shell", f"ip addr add {one} dev {device}", host] for host, one, device in _ends(tree)]
    takeover: list[Event] = [["peer", "higher", "all"], ["peer", SILENT, "all"]]
    return Case(tree, [*adds, ["start"], *takeover, ["stop"]])


def _interfaces(tree: Tree) -> Iterator[tuple[str, str]]:
    """The names of the file's interfaces, and what they are called in the worlds."""
    names = []
    for one in find(tree, "vrrp_instance"):
        names.append(value(one.block or [], "interface"))
        names += [line.words[line.words.index("dev") + 1] for line in _lines(one) if "dev" in line.words[:-1]]
        names += [line.words[0] for line in block(one.block or [], "track_interface")]
    names = [name for name in dict.fromkeys(names) if name and not name.startswith("$")]
    for number, name in enumerate(names):
        yield name, SEGMENTS[min(number, len(SEGMENTS) - 1)]


def _lines(one: Node) -> Iterator[Node]:
    for inner in one.block or []:
        yield inner
        yield from _lines(inner)


def _rename(tree: Tree, names: dict[str, str]) -> None:
    for one in tree:
        words = re.split(r"(\s+|:)", one.text)
        one.text = "".join(names.get(word, word) for word in words)
        _rename(one.block or [], names)


def _stub(tree: Tree) -> None:
    for one in tree:
        if found := COMMANDS.fullmatch(one.text):
            program = found[2].strip('"').split()[0] if found[2].strip('" ') else ""
            if not Path(program).is_file():
                one.text = f'{found[1]} "{STUB}"'
        _stub(one.block or [])


def _ends(tree: Tree) -> Iterator[tuple[str, str, str]]:
    """The addresses that the file takes for the host's own, and its peers', with their hosts and interfaces."""
    for one in find(tree, "vrrp_instance"):
        lines = one.block or []
        own = [("r", value(lines, keyword)) for keyword in ("unicast_src_ip", "mcast_src_ip")]
        for host, address in own + [("p", peer.words[0]) for peer in block(lines, "unicast_peer")]:
            try:
                length = 24 if ip_address(address).version == 4 else 64
            except ValueError:
                continue
            if address not in OF_SEGMENTS:
                yield host, f"{address}/{length}", value(lines, "interface", "eth0")
