"""The command line: every command with its options, and the help texts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from vrrptui import __version__
from vrrptui.cli.places import sockets
from vrrptui.cli.printing.complain import EXIT_USAGE, complain

DESCRIPTION = "Monitor and operate VRRP groups. Without a command, open the console."


class Parser(argparse.ArgumentParser):
    """An argument parser with one-line errors and coloured help."""

    def format_help(self) -> str:
        """Return the help text. Colours are imported here only, so that no other command waits for them."""
        from rich_argparse import RichHelpFormatter

        self.formatter_class = RichHelpFormatter
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        sys.exit(complain(self.prog.removeprefix("vrrptui").strip() or "usage", message, EXIT_USAGE))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(prog="vrrptui", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"vrrptui {__version__}")
    _console(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, text: str, socket: bool = False) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        if socket:
            one.add_argument(
                "--socket", type=Path, metavar="PATH", default=argparse.SUPPRESS, help="the engine's control socket"
            )
        return one

    _engine(
        command(
            "engine", "run an engine in the foreground; SIGTERM stops it, SIGHUP reloads the configuration", socket=True
        )
    )
    _watch(command("watch", "print adverts, one per line, live or from a capture file"))
    status = command(
        "status", "show the engine's state; exit status 0: no problem, 1: critical problem, 2: no engine", socket=True
    )
    status.add_argument("group", nargs="?", metavar="GROUP", help="an instance, IF/VRID or IF/VRID/ipv6")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    _utc(status)
    groups = command("groups", "list the groups in a capture file")
    groups.add_argument("-r", dest="capture", metavar="PCAP", required=True, help="a capture file")
    groups.add_argument("--json", action="store_true", help="as JSON")
    _utc(groups)
    _acts(command)
    check = command("check", "check configuration files; exit status 0: good, 1: warnings, 2: errors")
    _check(check)
    _forecast(command("forecast", "predict what would happen to a group, with the certainty", socket=True))
    explain = command("explain", "explain a diagnosis code and its remedy; exit status 2: unknown code")
    explain.add_argument("code", metavar="CODE", help="such as DUAL_MASTER")
    text = "check this host for problems with VRRP and for security; exit status 0: good, 1: warnings, 2: errors"
    doctor = command("doctor", text, socket=True)
    doctor.add_argument(
        "-f",
        dest="config_file",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="check for the needs of this keepalived.conf",
    )
    doctor.add_argument("--state-dir", type=Path, metavar="DIR", help="state directory")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    cleanup = command("cleanup", "remove addresses and virtual MACs left by a killed engine")
    cleanup.add_argument("--state-dir", type=Path, metavar="DIR", help="state directory")
    config = command("config", "show the effective console settings and their origin; exit status 1: invalid settings")
    shown = config.add_mutually_exclusive_group()
    shown.add_argument("--keys", action="store_true", help="list the console's commands with id and key")
    shown.add_argument("--themes", action="store_true", help="list the themes with their files")
    _looks(config, argparse.SUPPRESS)
    _utc(config)
    lab = command("lab", "try everything on two routers, two web servers and a client in network namespaces")
    lab.add_argument("--peer", choices=("vrrptui", "keepalived"), default="vrrptui", help="the program on router 2")
    return parser


def _engine(engine: argparse.ArgumentParser) -> None:
    engine.add_argument("-f", dest="config_file", metavar="FILE", default=argparse.SUPPRESS, help="keepalived.conf")
    _interfaces(engine)
    engine.add_argument(
        "-r",
        dest="capture",
        metavar="PCAP",
        default=argparse.SUPPRESS,
        help="play a capture file instead of a live segment",
    )
    _utc(engine)
    engine.add_argument("--state-dir", type=Path, metavar="DIR", help="state directory")
    engine.add_argument("--tied", action="store_true", help=argparse.SUPPRESS)  # to a console, by standard input
    engine.add_argument(
        "--beside-others", action="store_true", help="start although another program speaks VRRP on this host"
    )
    _config_id(engine)


def _console(parser: argparse.ArgumentParser) -> None:
    """Add the options of the console, which runs without a command."""
    parser.add_argument("-f", dest="config_file", metavar="FILE", help="keepalived.conf: start an engine that runs it")
    _interfaces(parser)
    parser.add_argument("-r", dest="capture", metavar="PCAP", help="play a capture file instead of a live segment")
    parser.add_argument(
        "--socket",
        dest="sockets",
        metavar="PATH",
        action="append",
        default=[],
        type=sockets.named,
        help="the engine's control socket; repeat it (PATH or NAME=PATH) to show several engines in the console",
    )
    _utc(parser, False)
    parser.add_argument("--read-only", action="store_true", help="disable all actions")
    _looks(parser)


def _acts(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands that an engine carries out."""
    priority = command("priority", "override an instance's priority until it is reset", socket=True)
    priority.add_argument("target", metavar="GROUP")
    priority.add_argument("value", metavar="N|+N|-N|reset")
    _for_a_while(priority)
    stop = command("stop", "stop an instance: resign mastership and leave the election", socket=True)
    stop.add_argument("target", metavar="GROUP")
    _for_a_while(stop)
    for name, text in (
        ("start", "start a stopped instance"),
        ("announce", "send gratuitous ARPs or neighbour advertisements of a master again"),
    ):
        command(name, text, socket=True).add_argument("target", metavar="GROUP")
    drain = command("drain", "hand mastership over to another router, then stop", socket=True)
    drain.add_argument("target", metavar="GROUP")
    drain.add_argument(
        "--timeout",
        metavar="SECONDS",
        help="time for the other router to take over; default: three master down intervals",
    )
    drain.add_argument("--no-wait", action="store_true", help="do not wait for the end")
    drain.add_argument("--force", action="store_true", help="even if no other router of the group is known")
    mute = command("mute", "ignore the results of a check, which keeps running", socket=True)
    mute.add_argument("target", metavar="CHECK")
    _for_a_while(mute)
    command("unmute", "stop ignoring a check", socket=True).add_argument("target", metavar="CHECK")
    reload = command("reload", "reload the configuration file, or switch to another one", socket=True)
    reload.add_argument("target", metavar="FILE", nargs="?", default="")
    command("shutdown", "stop the engine", socket=True)


def _interfaces(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-i", dest="interfaces", metavar="IF", action="append", default=[], help="observe here")
    parser.add_argument(
        "--promiscuous",
        action="store_true",
        help="also observe frames to other hosts, such as adverts to unicast peers",
    )


def _looks(parser: argparse.ArgumentParser, default: object = None) -> None:
    """Add the options that override config.toml."""
    switch = argparse.BooleanOptionalAction
    parser.add_argument(
        "--theme", metavar="NAME", default=default, help="colours; `vrrptui config --themes` lists them"
    )
    parser.add_argument("--ascii", action=switch, default=default, help="ASCII only")
    parser.add_argument("--mouse", action=switch, default=default, help="enable the mouse")


def _utc(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    parser.add_argument("--utc", action="store_true", default=default, help="show times in UTC instead of local time")


def _for_a_while(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for", dest="span", metavar="TIME", help="revert automatically after TIME, such as 90s, 10m or 2h"
    )


def _config_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config-id", metavar="ID", help="apply @ID lines for this host ID; default: the host name")


def _forecast(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("group", metavar="GROUP", help="an instance, IF/VRID or IF/VRID/ipv6")
    supposed = parser.add_mutually_exclusive_group(required=True)
    supposed.add_argument("--without", metavar="ROUTER", help="without this router (address or instance)")
    supposed.add_argument("--priority", type=int, metavar="N", help="with this priority of the local router, 1 to 254")
    supposed.add_argument("--check", metavar="NAME=fail", help="with this check failing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _check(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="as JSON")
    how.add_argument(
        "--show", action="store_true", help="print the effective configuration with the origin of each value"
    )
    parser.add_argument("--passwords", action="store_true", help="print passwords in clear")
    _config_id(parser)
    parser.add_argument(
        "--errors-only", action="store_true", help="omit warnings; exit status 0 unless there is an error"
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="- for standard input; several files are also checked against each other",
    )


def _watch(parser: argparse.ArgumentParser) -> None:
    _interfaces(parser)
    _utc(parser)
    parser.add_argument("-r", dest="capture", metavar="PCAP", help="read a capture file")
    parser.add_argument(
        "-w", dest="write", metavar="PCAP", help="write the shown frames to a capture file; passwords with -v only"
    )
    parser.add_argument("-c", dest="count", type=int, metavar="N", help="stop after N adverts")
    parser.add_argument(
        "-v",
        dest="verbose",
        action="store_true",
        help="print all fields, including passwords, and changes since the sender's last advert",
    )
    parser.add_argument(
        "--changes", action="store_true", help="print only adverts that differ from their sender's last one"
    )
    parser.add_argument(
        "-t",
        dest="times",
        choices=("absolute", "delta", "relative", "epoch"),
        default="absolute",
        help="time of day; seconds since the previous line, since the first line, since 1970",
    )
    parser.add_argument("-x", dest="hexdump", action="store_true", help="print the packet in hex")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    parser.add_argument(
        "filter", nargs="*", metavar="FILTER", help="vrid N, if NAME, src ADDRESS, bad, change, not, and, or"
    )
