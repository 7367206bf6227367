"""What the user who runs the tests may do on this host, and the marks of tests that need more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def _is_host_root() -> bool:
    """Whether this is root with every user of the host: in a user namespace there may be no other one."""
    if os.geteuid() != 0:
        return False
    _, _, count = map(int, Path("/proc/self/uid_map").read_text().splitlines()[0].split())
    return count > 1


HOST_ROOT = _is_host_root()
needs_two_users = pytest.mark.skipif(not HOST_ROOT, reason="needs the host's root, to be two users")
needs_scripts_of_keepalived = pytest.mark.skipif(
    not HOST_ROOT, reason="keepalived runs no script in a user namespace: it may not set groups there"
)
needs_host_root = pytest.mark.skipif(not HOST_ROOT, reason="needs the host's root")


def give(path: Path, user: int, group: int) -> None:
    """Let a file belong to this user and group; where there is none but root the test is skipped."""
    if not HOST_ROOT and (user or group):
        pytest.skip("needs the host's root, to be two users")
    os.chown(path, user, group)


def skip_in_user_namespace(why: str) -> None:
    """Skip the test where root is root of a user namespace alone."""
    if not HOST_ROOT:
        pytest.skip(why)
