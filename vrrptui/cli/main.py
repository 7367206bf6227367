"""Running a command. Each command's module is imported only when the command is chosen."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import sys
import time

from vrrptui.cli.arguments import build_parser
from vrrptui.cli.places import paths
from vrrptui.cli.printing.complain import EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, complain

NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.ENOBUFS}


def run(arguments: list[str]) -> int:
    """Run a command line. Return the exit status."""
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
    except FileNotFoundError as error:  # the current directory was deleted, or there is no temporary directory
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
    """Discard buffered output, because stdout cannot be written."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _suit_the_locale() -> None:
    """Write ASCII where the locale lacks the characters used."""
    from vrrptui.console.text.signs import first_environment, locale_lacks_signs

    if locale_lacks_signs(first_environment(), sys.stdout.encoding or "ascii"):
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="ascii", errors="vrrptui.in-ascii")


def _as_written(whole: bool) -> None:
    """Write the bytes of names and passwords unchanged; with `whole`, those of a whole configuration."""
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
