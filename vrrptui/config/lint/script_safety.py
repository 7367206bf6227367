"""Checks whether other users can change a command that runs as root or as a given user, as keepalived does.

It only reads files and the user database. The script given to an interpreter is checked too.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Container

from vrrptui.config.findings.report import visible
from vrrptui.config.lint.command_lines import Configured, commands
from vrrptui.config.model.configuration import Configuration, Finding, Level

DEFAULT_USER = "keepalived_script"  # runs scripts if this user exists


def findings(configuration: Configuration) -> list[Finding]:
    """Return a warning for each command run as root that another user can change, one for each file."""
    general = configuration.globals
    if general.script_security and general.script_user is None and not user_exists(DEFAULT_USER):
        return _without_user(configuration)
    found: dict[str, Finding] = {}
    for command in commands(configuration):
        if not _is_root(_runs_as(command, configuration)):
            continue
        for path in command.files:
            reason = unsafe_part(path)
            if reason is not None:
                refused = general.script_security and path == command.path
                effect = "it is not run" if refused else "such users can become root"
                text = f"'{visible(path)}' is not safe to run as root: {reason}; {effect}"
                hint = "chown root, chmod go-w, or run it as another user"
                found.setdefault(path, Finding(Level.WARNING, command.place, "unsafe-script", text, hint))
    return list(found.values())


def findings_of_others(configuration: Configuration) -> list[Finding]:
    """Return a warning for each file run as an ordinary user that others than root and that user can change."""
    found: dict[str, Finding] = {}
    for command in commands(configuration):
        name = _runs_as(command, configuration)
        if _is_root(name):
            continue
        try:
            user = pwd.getpwnam(name or DEFAULT_USER).pw_uid
        except (KeyError, ValueError):
            continue  # cannot run at all, which another check reports
        for path in command.files:
            if reason := unsafe_part(path, (0, user)):
                text = f"'{visible(path)}' runs as {name or DEFAULT_USER}, and others can change it: {reason}"
                hint = "chown root, chmod go-w: what it says moves virtual addresses"
                found.setdefault(path, Finding(Level.WARNING, command.place, "script-writable", text, hint))
    return list(found.values())


def _runs_as(command: Configured, configuration: Configuration) -> str | None:
    """Return the configured user's name, or None if there is none."""
    return command.user.name if command.user else configuration.globals.script_user


def _without_user(configuration: Configuration) -> list[Finding]:
    """Return a warning if enable_script_security prevents commands from running for lack of a user."""
    text = f"there is no user {DEFAULT_USER} here, and no script_user: scripts without a user of their own are not run"
    place = configuration.globals.origins["enable_script_security"]
    if all(command.user is not None for command in commands(configuration)):
        return []
    return [Finding(Level.WARNING, place, "no-script-user", text, "script_user NAME")]


def user_exists(user: str) -> bool:
    """Report whether the user exists on this host."""
    try:
        return bool(pwd.getpwnam(user))
    except KeyError:
        return False


def unsafe_part(path: str, owners: Container[int] = (0,)) -> str | None:
    """Return the first part of an absolute path that others than `owners` can change, and why; None if there is none.

    A part is unsafe if it has another owner, or if it is writable by all or by a group other than root's; sticky
    directories are safe. The target of a symbolic link is checked in the same way.
    """
    if not path.startswith("/") or "\0" in path:
        return None
    for way in dict.fromkeys((path, os.path.realpath(path))):
        parts = way.strip("/").split("/")
        for count in range(len(parts) + 1):
            part = "/" + "/".join(parts[:count])
            try:
                status = os.lstat(part)
            except OSError:
                return None  # the file does not exist here
            if reason := _why(status, owners):
                return f"'{visible(part)}' {reason}"
    return None


def _why(status: os.stat_result, owners: Container[int]) -> str | None:
    if status.st_uid not in owners:
        return f"belongs to user {status.st_uid}"
    if stat.S_ISLNK(status.st_mode) or (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
        return None
    if status.st_mode & stat.S_IWOTH:
        return "can be written to by everybody"
    if status.st_gid != 0 and status.st_mode & stat.S_IWGRP:
        return f"can be written to by group {status.st_gid}"
    return None


def _is_root(user: str | None) -> bool:
    name = user or DEFAULT_USER
    try:
        return pwd.getpwnam(name).pw_uid == 0
    except (KeyError, ValueError):
        return user is None or user == "0"  # without script_user and DEFAULT_USER, scripts run as root
