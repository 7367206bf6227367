"""Checks whether this host can run the files of a configuration, for the errors that execve(2) would return.

keepalived treats a script that cannot be run as a success, vrrptui as a failure, so this matters before a migration. It
only reads files and the user database.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat

from vrrptui.children import PATH
from vrrptui.config.findings.report import shown, visible
from vrrptui.config.findings.spelling import strange_sign
from vrrptui.config.lint.command_lines import Configured, beginning, commands
from vrrptui.config.lint.script_safety import DEFAULT_USER
from vrrptui.config.model.configuration import Configuration, Finding, Level

HEAD_BYTES = 512
BOM = b"\xef\xbb\xbf"


def findings(configuration: Configuration, missing: bool = False) -> list[Finding]:
    """Return a warning for each file that cannot be run here; with `missing` also for files that do not exist."""
    found: dict[str, Finding] = {}
    for command in commands(configuration):
        path = command.path
        if path is None:
            if missing:
                text = f"there is no {shown(command.words[0])} here: it fails each time it is to run"
                hint = "install it, or correct the path"
                found.setdefault(command.words[0], _finding(command, text, hint))
            continue
        reason, hint = why_not(path, _user(command, configuration))
        if reason:
            text = f"'{visible(path)}' cannot be run: {reason}"
            if command.keyword == "script":
                text += ": vrrptui takes that for a failure, keepalived for a success, or does not track the script"
            found.setdefault(path, _finding(command, text, hint))
    return list(found.values())


def _finding(command: Configured, text: str, hint: str) -> Finding:
    return Finding(Level.WARNING, command.place, "cannot-run", text, hint)


def _user(command: Configured, configuration: Configuration) -> str | None:
    """Return the name of a command's user, or None for root."""
    name = command.user.name if command.user else configuration.globals.script_user
    try:
        account = pwd.getpwnam(name or DEFAULT_USER)
        return account.pw_name if account.pw_uid else None
    except (KeyError, ValueError):
        return None


def why_not(path: str, user: str | None = None) -> tuple[str, str]:
    """Return why `user` (None: root) cannot run a file, and what to do; both empty if it can or nothing is known."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return "", ""
    if stat.S_ISDIR(status.st_mode):
        return "it is a directory", "write the path of a file"
    if not stat.S_ISREG(status.st_mode):
        return "it is not a regular file", "write the path of a file"
    if not _may_execute(status, user):
        return f"it is not executable{f' for {user}' if user else ''}", f"chmod +x {visible(path)}"
    head = beginning(path, HEAD_BYTES)
    if head is None or head.startswith(b"\x7fELF"):
        return "", ""
    if head.startswith(b"#!"):
        return _interpreter(head)
    return _without_interpreter(head)


def _interpreter(head: bytes) -> tuple[str, str]:
    """Return what is wrong with the #! line."""
    line = head[2:].split(b"\n")[0]
    words = line.decode("utf-8", "replace").strip(" \t").split(None, 1) if line.strip() else []
    if line.endswith(b"\r"):
        return "its lines end in CR LF, so that its interpreter has a CR in its name", "sed -i 's/\\r$//' on it"
    if not words:
        return "nothing follows #!", "write #!/bin/sh as its first line"
    name = words[0]
    if not os.path.exists(name) or not name.startswith("/"):
        return f"its interpreter {shown(name)} is not here", "install it, or correct the line that begins with #!"
    if os.path.isdir(name) or not os.access(name, os.X_OK):
        return f"its interpreter {shown(name)} is not a program", "correct the line that begins with #!"
    rest = words[1].split() if len(words) > 1 else []
    by_name = os.path.basename(name) == "env" and rest and not rest[0].startswith("-") and "=" not in rest[0]
    if by_name and shutil.which(rest[0], path=PATH) is None:
        return f"its interpreter {shown(rest[0])} is not in {PATH}", "install it, or write its whole path"
    return "", ""


def _without_interpreter(head: bytes) -> tuple[str, str]:
    """Return what is wrong with a text file that has no #! line."""
    hint = "write #!/bin/sh as its first line"
    if not head:
        return "it is empty", hint
    if b"\0" in head:
        return "", ""
    if head.startswith(BOM):
        return "it begins with a byte order mark, before any #!", "sed -i '1s/^\\xef\\xbb\\xbf//' on it"
    if head.lstrip().startswith(b"#!"):
        return "there is blank space before its #!", "delete it, so that #! are the first two characters"
    first = head.split(b"\n")[0].decode("utf-8", "replace")[:2]
    if sign := strange_sign(first):
        return f"its first line does not begin with #!: {sign}", hint
    return "it has no line with #!", hint


def _may_execute(status: os.stat_result, user: str | None) -> bool:
    if user is None:
        return bool(status.st_mode & 0o111)
    account = pwd.getpwnam(user)
    if status.st_uid == account.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid in os.getgrouplist(user, account.pw_gid):
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
