"""What of an engine is open to other users: its configuration, its directories, its control socket.

Part of `vrrptui doctor`. Inspects files and the user database only.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from vrrptui.config.lint.script_safety import unsafe_part
from vrrptui.config.model.configuration import Configuration, Loaded
from vrrptui.control.plain import some_of
from vrrptui.engine.doctor.checks import Finding
from vrrptui.engine.serve.peers import GROUP_NAME

ROOT = 0
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
FILES_LOOKED_AT = 1000  # of the state directory


def examine(loaded: Loaded | None, socket: Path, state: Path) -> list[Finding]:
    """Return all findings, for a configuration if there is one, and for this control socket and state directory.

    Only root may change root's engine; a user's engine may be changed by that user and root.
    """
    owners = {ROOT, os.geteuid()}
    found = [*_members()]
    if loaded is not None and loaded.configuration is not None:
        found += [*_sources(loaded.sources, owners), *_readable(loaded.configuration, loaded.sources)]
    # with `User=` in its unit, the engine owns both
    both = {path.lstat().st_uid for path in (socket.parent, state) if path.is_dir()}
    engines = owners | both if len(both) == 1 and socket.parent.is_dir() and state.is_dir() else owners
    return [*found, *_socket(socket, engines), *_state(state, engines)]


def _sources(sources: Iterable[str], owners: Collection[int]) -> Iterator[Finding]:
    """A user who can write the configuration can have scripts run as root."""
    for source in sources:
        path = os.path.abspath(source)
        if reason := unsafe_part(path, owners):
            what = f"other users can change the configuration, and thereby what runs as root: {reason}"
            yield Finding("warning", "CONFIGURATION_WRITABLE", path, what, "chown root, and chmod go-w")


def _readable(configuration: Configuration, sources: Iterable[str]) -> Iterator[Finding]:
    if not any(router.auth_password for router in configuration.routers):
        return
    for path in map(os.path.abspath, sources):
        if os.path.isfile(path) and os.stat(path).st_mode & stat.S_IROTH:
            what = "everybody on this host can read it, and the configuration has passwords (auth_pass)"
            yield Finding("note", "CONFIGURATION_READABLE", path, what, "chmod o-r")


def _members() -> Iterator[Finding]:
    """Return the users in the group that may observe root's engine."""
    try:
        group = grp.getgrnam(GROUP_NAME)
    except KeyError:
        return
    primary = [user.pw_name for user in pwd.getpwall() if user.pw_gid == group.gr_gid and user.pw_uid != ROOT]
    if users := sorted({*group.gr_mem, *primary} - {"root"}):
        what = f"may observe root's engine, with its configuration, addresses and history: {some_of(users)}"
        yield Finding("note", "GROUP_MEMBERS", GROUP_NAME, what, f"gpasswd -d NAME {GROUP_NAME} for users who need not")


def _socket(socket: Path, owners: Collection[int]) -> Iterator[Finding]:
    """A user who can write in the socket's directory can replace the socket."""
    folder = socket.parent
    if reason := _open_to_others(folder, owners):
        what = f"other users can replace the socket and receive the commands: {reason}"
        yield Finding("warning", "SOCKET_DIRECTORY", str(folder), what, "chown root, chmod 750, and restart the engine")
    try:
        status = socket.lstat()
    except OSError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        yield Finding("warning", "SOCKET_OPEN", str(socket), "it is not a socket", "remove it, and restart the engine")
    elif reason := _socket_is_open(status, owners):
        what = f"users other than root and the group {GROUP_NAME} can connect: {reason}"
        yield Finding("warning", "SOCKET_OPEN", str(socket), what, f"chown root:{GROUP_NAME}, and chmod 660")


def _socket_is_open(status: os.stat_result, owners: Collection[int]) -> str:
    if status.st_uid not in owners:
        return f"it belongs to user {status.st_uid}"
    if status.st_mode & stat.S_IWOTH:
        return f"its mode is {stat.S_IMODE(status.st_mode):o}"
    if status.st_mode & stat.S_IWGRP and status.st_gid not in _groups_let_in(status.st_uid):
        return f"it belongs to group {status.st_gid}"
    return ""


def _groups_let_in(owner: int) -> set[int]:
    """Return the groups that a control socket of this user may have."""
    groups = {ROOT, os.getegid()}
    with contextlib.suppress(KeyError):
        groups.add(pwd.getpwuid(owner).pw_gid)
    with contextlib.suppress(KeyError):
        groups.add(grp.getgrnam(GROUP_NAME).gr_gid)
    return groups


def _state(state: Path, owners: Collection[int]) -> Iterator[Finding]:
    """The ownership record decides what the next start, or a cleanup, removes from interfaces."""
    if reason := _open_to_others(state, owners):
        what = f"other users can change the record, by which root removes addresses from interfaces: {reason}"
        yield Finding("warning", "STATE_DIRECTORY", str(state), what, "chown root, and chmod 750")
        return
    try:
        names = sorted(os.listdir(state))[:FILES_LOOKED_AT]
    except OSError:
        return
    for path in (state / name for name in names):
        if reason := _open_to_others(path, owners):
            what = f"other users can change the engine's files: {reason}"
            yield Finding("warning", "STATE_FILE", str(path), what, "chown root, and chmod 640")


def _open_to_others(path: Path, owners: Collection[int]) -> str:
    """Return why users other than `owners` can change this path; empty if they cannot or it does not exist."""
    try:
        status = path.lstat()
    except OSError:
        return ""
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link"
    if status.st_uid not in owners:
        return f"it belongs to user {status.st_uid}"
    if status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and status.st_gid != ROOT):
        return f"its mode is {stat.S_IMODE(status.st_mode):o}"
    return unsafe_part(str(path.absolute()), owners) or ""
