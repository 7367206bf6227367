"""No descriptor is free: what that does to virtual routers, when they are tried again, and how many there may be."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import subprocess
import sys

import pytest

from tests.engine import host
from vrrptui.engine.runtime.rate_limited_log import RateLimitedLog

FULL = OSError(errno.EMFILE, os.strerror(errno.EMFILE))


async def test_a_router_without_a_descriptor_is_in_fault_and_retried(run, monkeypatch, caplog):
    """It stayed in fault until the next link event, and each attempt was a line in the log."""
    full = [True]

    def wire(*arguments):
        if full[0]:
            raise FULL
        return host.Wire(*arguments)

    host.in_place_of_sockets(monkeypatch, wire)
    monkeypatch.setattr("vrrptui.engine.vrrp.vrrp_sockets.RETRY_S", 0.02)
    running = run(host.instance("VI_1", 51, 100))
    router = running.routers.routers["VI_1"]
    await asyncio.sleep(0.3)
    assert router.machine.state_name == "fault"
    assert "cannot listen on lan0: Too many open files" in router.machine.faults
    assert caplog.text.count("cannot listen on lan0: Too many open files") == 1
    full[0] = False
    await host.until(lambda: router.machine.state_name in ("backup", "master"))


def test_what_goes_wrong_again_and_again_is_logged_once_a_minute(monkeypatch, caplog):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    one = RateLimitedLog(logging.getLogger("test"))
    for second in range(150):
        now[0] = float(second)
        one.warn("first")
    one.warn("second")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["first", *["first (59 more times since the last such line)"] * 2, "second"]


def test_no_module_is_loaded_for_text_that_is_not_plain():
    """Python loads a codec when it is used first, which fails when no descriptor is free."""
    code = "import sys; from vrrptui.control import plain; print('encodings.unicode_escape' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


LIMITS = """
import asyncio, resource, sys
from vrrptui.engine.runtime import process_settings
from vrrptui.engine.programs.subprocess_run import Run
soft = int(sys.argv[1])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
process_settings.more_descriptors()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)

async def main():
    ended = asyncio.get_running_loop().create_future()
    Run(("/bin/sh", "-c", "sleep 0.2; ulimit -n"), 5.0, ended.set_result)
    print((await ended).output.strip())

asyncio.run(main())
"""


@pytest.mark.parametrize("soft", [64, 256])
def test_open_files_go_to_the_hard_limit_but_not_for_scripts(soft):
    """keepalived raises its own limit as well: with a soft limit of 1,024 it serves 1,000 interfaces."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITS, str(soft)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.stdout, done.stderr) == (f"{soft}\n", "")
