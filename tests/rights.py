"""What the user who runs the tests may do on this host, and the marks of tests that need more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def _users() -> int:
    """How many users this process may be or give files to: those of its user namespace if it is root there."""
    if os.geteuid() != 0:
        return 1
    return sum(int(line.split()[2]) for line in Path("/proc/self/uid_map").read_text().splitlines())


ALL_USERS = 2**32 - 1
TWO_USERS = _users() > 1
HOST_ROOT = _users() == ALL_USERS
WITHOUT_USERS = "in a user namespace with one user"
needs_two_users = pytest.mark.skipif(not TWO_USERS, reason="needs root, to be two users")
needs_scripts_of_keepalived = pytest.mark.skipif(not TWO_USERS, reason=f"keepalived runs no script {WITHOUT_USERS}")
needs_host_root = pytest.mark.skipif(not HOST_ROOT, reason="needs the host's root")


def give(path: Path, user: int, group: int) -> None:
    """Let a file belong to this user and group; where there is none but root the test is skipped."""
    if not TWO_USERS and (user or group):
        pytest.skip("needs root, to be two users")
    os.chown(path, user, group)


def needs_tcpdump_to_run() -> None:
    """Skip a test where tcpdump cannot change its user."""
    if not TWO_USERS:
        pytest.skip(f"tcpdump cannot change its user {WITHOUT_USERS}")
