"""`vrrptui` without a command: the console, on a running engine or on one that is started for it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vrrptui.cli.commands import start
from vrrptui.cli.places import paths, sockets
from vrrptui.cli.printing import vendors
from vrrptui.cli.printing.complain import EXIT_FAILED, EXIT_USAGE, complain


def run(options: argparse.Namespace) -> int:
    """Open the console. Without an engine, start one: an observer that ends with it, or with `-f` one that stays."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return complain("console", "needs a terminal; use `vrrptui watch` or `vrrptui status`", EXIT_USAGE)
    socket_path = options.socket or paths.client_socket()
    if len(options.sockets) > 1:
        if options.capture is not None or options.config_file is not None:
            return complain("console", "several --socket show running engines: omit -f and -r", EXIT_USAGE)
        return _open(options, sockets.by_name(options.sockets), "")
    try:
        if options.capture is not None:
            if options.config_file is not None:
                return complain("console", "-f and -r exclude each other", EXIT_USAGE)
            with start.private_observer(_observed(options)) as private:
                return _open(options, private, "")
        if options.config_file is not None:
            return _with_configuration(options, options.socket or paths.engine_socket())
        if options.socket is not None or start.answers(socket_path):
            return _open(options, socket_path, "")
        with start.private_observer(_observed(options)) as private:
            return _open(options, private, "the observing engine ended with this console")
    except start.NotStartedError as error:
        return complain("console", str(error), EXIT_FAILED)


def _with_configuration(options: argparse.Namespace, socket_path: Path) -> int:
    if why := paths.missing(options.socket):
        return complain("console", why, EXIT_USAGE)
    if start.answers(socket_path):
        return complain(
            "console", f"an engine already runs on {socket_path}; omit -f, or choose another --socket", EXIT_USAGE
        )
    log = start.start_detached(socket_path, paths.state_dir(), options.config_file, _observed(options))
    return _open(options, socket_path, f"the engine keeps running; its log is {log}")


def _open(options: argparse.Namespace, engines: Path | dict[str, str], note: str) -> int:
    from vrrptui.console.run import run as run_console
    from vrrptui.console.settings.preferences import Asked

    return run_console(
        str(engines) if isinstance(engines, Path) else engines,
        read_only=options.read_only,
        asked=Asked(options.theme, options.mouse, options.ascii, options.utc or None),
        vendors=vendors.looked_up_beside,
        engine_note=note,
    )


def _observed(options: argparse.Namespace) -> start.Observed:
    return start.Observed(tuple(options.interfaces), options.promiscuous, options.capture)
