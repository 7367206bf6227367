"""The commands and their options. Whatever a command needs is imported when it is chosen."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from vrrptui import __version__
from vrrptui.cli.places import paths, sockets
from vrrptui.cli.printing.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain

NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.ENOBUFS}
DESCRIPTION = "Monitor and operate VRRP groups. Without a command, open the console."


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and whose help has colours on a terminal."""

    def format_help(self) -> str:
        """The help text. Colours are imported only here: no other command is to wait for them."""
        from rich_argparse import RichHelpFormatter

        self.formatter_class = RichHelpFormatter
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        sys.exit(complain(self.prog.removeprefix("vrrptui").strip() or "usage", message, EXIT_USAGE))


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
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
    """The options of the console, which is what there is without a command."""
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
    """The commands that an engine obeys."""
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
    """What beats config.toml."""
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


def run(arguments: list[str]) -> int:
    """Carry out a command line; returns the exit status."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if len(options.sockets) > 1 and options.command is not None:
        parser.error(f"--socket is given {len(options.sockets)} times; {options.command} speaks to one engine")
    if options.utc:
        os.environ["TZ"] = "UTC"
        time.tzset()
    if options.command != "engine":
        _suit_the_locale()
    options.socket = vars(options).get("socket") or next((path for _, path in options.sockets), None)
    try:
        status = _dispatch(options)
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return 130
    except paths.NotOursError as error:
        return complain(options.command or "console", str(error), EXIT_USAGE)
    except FileNotFoundError as error:  # the current directory is gone, or there is none for temporary files
        what = options.command or "console"
        return complain(what, f"{error.filename or 'a directory'}: {error.strerror}", EXIT_USAGE)
    except BrokenPipeError:
        _say_no_more()
        return EXIT_GOOD
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        _say_no_more()
        return complain(options.command or "console", error.strerror or str(error), EXIT_FAILED)


def _say_no_more() -> None:
    """There is nowhere to write to: what is left in the buffer goes nowhere."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _suit_the_locale() -> None:
    """Write ASCII where the locale lacks our signs."""
    from vrrptui.console.text.signs import first_environment, locale_lacks_signs

    if locale_lacks_signs(first_environment(), sys.stdout.encoding or "ascii"):
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="ascii", errors="vrrptui.in-ascii")


def _as_written(whole: bool) -> None:
    """Print the bytes of names and passwords as they are; with `whole` all of a configuration, whatever the locale."""
    if isinstance(sys.stdout, io.TextIOWrapper) and (whole or sys.stdout.errors != "vrrptui.in-ascii"):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def _dispatch(options: argparse.Namespace) -> int:
    match options.command:
        case None:
            from vrrptui.cli.commands import console

            return console.run(options)
        case "engine":
            return _run_engine(options)
        case "watch":
            return _run_watch(options)
        case "status":
            from vrrptui.cli.commands import status

            return status.run(options.socket or paths.client_socket(), options.group, options.json, sys.stdout)
        case "groups":
            from vrrptui.cli.commands import groups

            return groups.run(options.capture, options.json, sys.stdout)
        case "check":
            return _run_check(options)
        case "forecast":
            from vrrptui.cli.commands import forecast

            supposed = forecast.Supposition(options.without, options.priority, options.check)
            socket_path = options.socket or paths.client_socket()
            return forecast.run(socket_path, options.group, supposed, options.json, sys.stdout)
        case "explain":
            from vrrptui.cli.commands import explain

            return explain.run(options.code, sys.stdout)
        case "doctor":
            from vrrptui.cli.commands import doctor

            return doctor.run(options.config_file, options.socket, options.state_dir, options.json, sys.stdout)
        case "cleanup":
            from vrrptui.cli.commands import start

            return start.clean_up(options.state_dir or paths.state_dir())
        case "config":
            from vrrptui.cli.commands import settings

            return settings.run(options, sys.stdout)
        case "lab":
            from vrrptui.cli.commands import lab

            return lab.run(options.peer)
    from vrrptui.cli.commands import operate

    named = vars(options)
    if options.command == "drain":
        from vrrptui.cli.commands import drain

        draining = drain.How(options.timeout, wait=not options.no_wait, force=options.force)
        return drain.run(options.socket or paths.client_socket(), options.target, draining)
    socket_path = options.socket or paths.client_socket()
    return operate.run(options.command, socket_path, named.get("target", ""), named.get("value", ""), named.get("span"))


def _run_check(options: argparse.Namespace) -> int:
    from vrrptui.cli.commands import check

    how = check.CheckOptions(options.json, options.config_id, options.show, options.passwords, options.errors_only)
    _as_written(options.show)
    return check.run(options.files, how, sys.stdout, sys.stderr)


def _run_engine(options: argparse.Namespace) -> int:
    from vrrptui.cli.commands import start

    socket_path = options.socket or paths.engine_socket()
    if why := paths.missing(options.socket, options.state_dir):
        return complain("engine", why, EXIT_USAGE)
    if options.capture is not None:
        return start.play(options.capture, socket_path, options.tied)
    state_dir = options.state_dir or paths.state_dir()
    config = start.Config(options.config_file, options.config_id)
    observed = start.Observed(tuple(options.interfaces), options.promiscuous)
    return start.run_engine(socket_path, state_dir, config, observed, options.beside_others, options.tied)


def _run_watch(options: argparse.Namespace) -> int:
    from vrrptui.cli.commands import watch

    how = watch.WatchOptions(
        as_json=options.json,
        verbose=options.verbose,
        changes=options.changes,
        times=options.times,
        hexdump=options.hexdump,
        count=options.count,
        write=options.write,
        filter=tuple(options.filter),
    )
    if options.capture is not None:
        return watch.run_file(options.capture, how, sys.stdout)
    from vrrptui.cli.commands import live

    try:
        with live.ears(options.interfaces, options.promiscuous) as frames:
            return watch.run_live(frames, how, sys.stdout)
    except live.ListenError as error:
        return complain("watch", str(error))
