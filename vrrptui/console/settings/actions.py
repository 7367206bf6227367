"""All actions of the console. Bindings, palette, last row, help and `vrrptui config --keys` are made from them.

In texts, `{act.drop}` stands for the key of the action with this id; `Keymap.fill` inserts it. No Textual here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from vrrptui.control.messages import (
    AnnounceAgain,
    Command,
    DrainRouter,
    MuteCheck,
    Reload,
    SetPriority,
    Shutdown,
    StartRouter,
    StopRouter,
)

Scope = Literal["app", "screen", "list", "groups", "group", "adverts"]  # where the key is bound
Target = Literal["router", "check", "engine"]
Order = tuple[str, Callable[[int], Command]]  # the request in words, and the command for a number


@dataclass(frozen=True, slots=True)
class Request:
    """What an acting key requests from an engine, with the texts of its dialog."""

    heading: str  # of the dialog, before the name of the target
    verb: str  # on the button
    asked: str  # until the engine answers
    command: Callable[..., Command]  # made from number, target, terminal and input
    undo: str = ""  # how to undo it

    def order(self, terminal: str, asked: str = "", **fields: object) -> Order:
        """Return the order from this terminal, with the command's fields; `asked` describes it more precisely."""
        return asked or self.asked, lambda number: self.command(id=number, terminal=terminal, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action of a key or the palette."""

    id: str  # for the operator's keymap
    title: str  # in the palette
    key: str = ""  # default; empty: none
    run: str  # Textual action
    scope: Scope
    help: str = ""  # on the help page, after its key; empty: described with another action
    word: str = ""  # in the last row of a screen
    also: tuple[str, ...] = ()  # further keys, in Textual's names, that cannot be changed
    target: Target | None = None  # None: it only looks
    requests: tuple[Request, ...] = ()  # possible requests, depending on the state

    @property
    def name(self) -> str:
        """The last part of the id: `drop` of act.drop."""
        return self.id.rpartition(".")[2]


# Requests of acting keys.
DROP_PRIORITY = Request(
    "Drop priority of", "Drop priority", "priority asked", SetPriority, "{act.restore} restores it."
)
RESTORE_PRIORITY = Request("Restore priority of", "Restore priority", "restore asked", SetPriority)
STOP = Request("Stop", "Stop router", "stop asked", StopRouter, "{act.stop_start} starts it again.")
START = Request("Start", "Start router", "start asked", StartRouter)
STOP_FOR_A_TIME = Request(
    "Maintenance of",
    "Stop for a time",
    "stop for some minutes asked",
    StopRouter,
    "It starts again by itself when the time is over; {act.stop_start} starts it sooner.",
)
DRAIN_AND_STOP = Request("Drain", "Drain router", "drain asked", DrainRouter, STOP.undo)
ANNOUNCE_AGAIN = Request("Announce again the addresses of", "Announce", "announcement asked", AnnounceAgain)
MUTE_CHECK = Request("Mute", "Mute check", "mute asked", MuteCheck, "{act.mute} unmutes it.")
COUNT_AGAIN = Request("Unmute", "Let it count", "unmute asked", partial(MuteCheck, muted=False), "{act.mute} mutes it.")
READ_AGAIN = Request("Reload the configuration", "Reload", "reload asked", Reload)
SHUT_DOWN = Request(
    "Shut the engine down",
    "Shut down",
    "shutdown asked",
    Shutdown,
    "start the engine again: systemctl start vrrptui, or vrrptui engine.",
)


def _tab(mode: str, title: str, key: str) -> Action:
    return Action(id=f"tab.{mode}", title=title, key=key, run=f"app.tab('{mode}')", scope="app")


def _play(how: str, title: str, key: str, in_help: str = "") -> Action:
    return Action(
        id=f"play.{how}", title=f"Capture: {title}", key=key, run=f"app.play('{how}')", scope="app", help=in_help
    )


def _act(name: str, target: Target, title: str, key: str, in_help: str, *requests: Request, word: str = "") -> Action:
    return Action(
        id=f"act.{name}",
        title=title,
        key=key,
        run=f"app.act('{name}')",
        scope="screen",
        help=in_help,
        word=word,
        target=target,
        requests=requests,
    )


TABS = (
    _tab("groups", "Groups", "1"),
    _tab("adverts", "Adverts", "2"),
    _tab("checks", "Checks", "3"),
    _tab("events", "Events", "4"),
    _tab("engine", "Engine", "5"),
)

DROP = _act("drop", "router", "Drop priority", "D", "drop priority", DROP_PRIORITY, word="Drop")
RESTORE = _act("restore", "router", "Restore priority", "R", "restore it", RESTORE_PRIORITY, word="Restore")
STOP_START = _act("stop_start", "router", "Stop or start the router", "S", "stop or start", STOP, START, word="Stop")
MAINTENANCE = _act("maintenance", "router", "Maintenance: stop for some minutes", "W", "maintenance", STOP_FOR_A_TIME)
DRAIN = _act("drain", "router", "Drain: stop once another has taken over", "X", "drain", DRAIN_AND_STOP)
ANNOUNCE = _act("announce", "router", "Announce the addresses again", "A", "announce again", ANNOUNCE_AGAIN)
MUTE = _act("mute", "check", "Mute or unmute a check", "M", "mute a check", MUTE_CHECK, COUNT_AGAIN, word="Mute")
RELOAD = Action(
    id="reload",
    title="Reload configuration",
    key="L",
    run="app.reload",
    scope="screen",
    help="reload",
    word="Reload",
    target="engine",
    requests=(READ_AGAIN,),
)
SHUTDOWN = Action(
    id="shutdown",
    title="Shut the engine down",
    run="app.shutdown",
    scope="app",
    target="engine",
    requests=(SHUT_DOWN,),
)
ON_ROUTERS = (DROP, RESTORE, STOP_START, MAINTENANCE, DRAIN, ANNOUNCE)

PAUSE = Action(
    id="pause", title="Pause or resume", key="space", run="app.pause", scope="screen", help="pause", word="Pause"
)
FILTER = Action(
    id="filter",
    title="Filter the list",
    key="/",
    run="screen.filter",
    scope="list",
    help="filter: words, vrid 51, if eth0, bad, !not, ~regex",
    word="Filter",
)
NEXT_PROBLEM = Action(
    id="problem.next",
    title="Next problem",
    key="n",
    run="screen.problem(1)",
    scope="list",
    help="next, previous problem",
    word="Problem",
)
PREVIOUS_PROBLEM = Action(
    id="problem.previous", title="Previous problem", key="N", run="screen.problem(-1)", scope="list"
)
ITS_ADVERTS = Action(
    id="adverts",
    title="Group's page: its adverts",
    key="a",
    run="screen.adverts",
    scope="group",
    help="its adverts",
    word="Adverts",
)
NEXT_GROUP = Action(
    id="step.next", title="Group's page: the next group", key="]", run="screen.step(1)", scope="group", also=("n",)
)
PREVIOUS_GROUP = Action(
    id="step.previous",
    title="Group's page: the previous group",
    key="[",
    run="screen.step(-1)",
    scope="group",
    help="previous, next group",
    also=("N",),
)
SORT_NEXT = Action(
    id="sort.next",
    title="Sort by the next column",
    key="s",
    run="screen.sort(1)",
    scope="groups",
    help="sort the groups",
    word="Sort",
    also=("greater_than_sign",),
)
SORT_PREVIOUS = Action(
    id="sort.previous", title="Sort by the previous column", key="<", run="screen.sort(-1)", scope="groups"
)
REVERSE = Action(id="reverse", title="Reverse the order", key="r", run="screen.reverse", scope="groups", help="reverse")
FOLLOW = Action(
    id="follow",
    title="Follow the newest advert",
    key="f",
    run="screen.follow",
    scope="adverts",
    help="follow",
    word="Follow",
)
HEX = Action(
    id="hex", title="Hexdump of the advert", key="x", run="screen.hex", scope="adverts", help="hexdump", word="Hex"
)
INTO_PACKET = Action(
    id="into_packet",
    title="Into the packet's fields",
    key="tab",
    run="screen.into_packet",
    scope="adverts",
    help="into the packet",
    word="Packet",
)
MARK = Action(
    id="mark",
    title="Mark or unmark the advert",
    key="m",
    run="screen.mark",
    scope="adverts",
    help="mark",
    word="Mark",
)
NEXT_MARK = Action(id="to_mark.next", title="Next mark", key="]", run="screen.to_mark(1)", scope="adverts")
PREVIOUS_MARK = Action(
    id="to_mark.previous", title="Previous mark", key="[", run="screen.to_mark(-1)", scope="adverts", help="to marks"
)
TIMES = Action(
    id="time_mode",
    title="Times: clock, since the previous line, the start, the mark",
    key="t",
    run="screen.time_mode",
    scope="adverts",
    help="time",
    word="Time",
)
WRITE = Action(
    id="write",
    title="Write the adverts shown, or marked, as a pcap file",
    key="w",
    run="screen.write",
    scope="adverts",
    help="write pcap",
    word="pcap",
)
COPY_JSON = Action(
    id="copy_json",
    title="Copy the advert as JSON",
    key="Y",
    run="screen.copy_json",
    scope="adverts",
    help="copy JSON",
)
PLAY = _play("toggle", "play or stop", "p", "play")
FASTER = _play("faster", "twice as fast", "+", "speed")
SLOWER = _play("slower", "half as fast", "-")
FORWARDS = _play("forwards", "10 seconds forwards", ".")
BACK = _play("back", "10 seconds back", ",", "10 s back, on")
SEEK = Action(id="seek", title="Capture: to a time", key="@", run="app.seek", scope="app", help="time")
NEXT_THEME = Action(id="next_theme", title="Next theme", key="T", run="app.next_theme", scope="app", help="theme")
COPY = Action(
    id="copy",
    title="Copy the line",
    key="y",
    run="screen.copy",
    scope="screen",
    help="copy the line, over ssh too",
    word="Copy",
)
EXPORT = Action(
    id="export",
    title="Export the list to a file",
    key="e",
    run="screen.export",
    scope="list",
    help="write the list to a file",
    word="Export",
)
HELP = Action(id="help", title="Help: all keys", key="?", run="app.help", scope="app", help="this page", word="Help")
LEAVE = Action(
    id="leave",
    title="Leave; the engine keeps running",
    key="q",
    run="app.leave",
    scope="app",
    help="closes this console; the engine keeps running",
    word="Leave",
    also=("ctrl+c",),
)

# In the order of the palette and of `vrrptui config --keys`.
ACTIONS: tuple[Action, ...] = (
    *TABS,
    *(DROP, RESTORE, STOP_START, MAINTENANCE, DRAIN, ANNOUNCE, MUTE, RELOAD, SHUTDOWN),
    *(PAUSE, FILTER, NEXT_PROBLEM, PREVIOUS_PROBLEM),
    *(ITS_ADVERTS, NEXT_GROUP, PREVIOUS_GROUP),
    *(SORT_NEXT, SORT_PREVIOUS, REVERSE),
    *(FOLLOW, HEX, INTO_PACKET, MARK, NEXT_MARK, PREVIOUS_MARK, TIMES, WRITE, COPY_JSON),
    *(PLAY, FASTER, SLOWER, FORWARDS, BACK, SEEK),
    *(NEXT_THEME, COPY, EXPORT, HELP, LEAVE),
)
