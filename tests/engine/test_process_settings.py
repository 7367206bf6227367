"""What keepalived's words for the process do to one, and what is said when the kernel refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.rights import needs_host_root

BEGIN = """
import os, resource, signal, subprocess
from vrrptui.config.model.configuration import Place, Setting
from vrrptui.engine.runtime.process_settings import apply
def put(*settings):
    for problem in apply([Setting(keyword, value, Place("k.conf", 3, 5)) for keyword, value in settings]):
        print(problem)
def locked(pid="self"):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmLck"))
"""


def python(code: str, *before: str) -> list[str]:
    command = [*before, sys.executable, "-c", BEGIN + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    assert done.stderr == ""
    return done.stdout.splitlines()


def child(expression: str) -> str:
    return f"subprocess.run([{sys.executable!r}, '-c', 'import os; print({expression})'])"


@needs_host_root
def test_real_time_scheduling_is_the_engines_alone():
    code = "put(('vrrp_rt_priority', 7)); print(os.sched_getscheduler(0) & 0xff, os.sched_getparam(0).sched_priority)\n"
    said = python(code + "import sys; sys.stdout.flush()\n" + child("os.sched_getscheduler(0)"))
    if "not permitted" in said[0]:
        pytest.skip("this kernel gives no real-time scheduling here")
    assert said == [f"{os.SCHED_RR} 7", f"{os.SCHED_OTHER}"]


@needs_host_root
@pytest.mark.parametrize("niceness", [-5, 5])
def test_the_priority_is_the_niceness(niceness):
    assert python(f"put(('vrrp_priority', {niceness})); print(os.getpriority(0, 0))") == [str(niceness)]


@needs_host_root
@pytest.mark.parametrize(("value", "is_locked"), [(True, True), (False, False)])
def test_memory_stays_in_memory_only_when_asked(value, is_locked):
    assert python(f"put(('vrrp_no_swap', {value})); print(locked() > 1000)") == [str(is_locked)]


def test_the_cpus_are_those_named():
    cpu = max(os.sched_getaffinity(0))
    assert python(f"put(('vrrp_cpu_affinity', ('{cpu}',))); print(os.sched_getaffinity(0))") == [f"{{{cpu}}}"]


@needs_host_root
def test_computing_too_long_is_told_and_survived():
    code = (
        "import logging, sys; logging.basicConfig(stream=sys.stdout, format='%(message)s')\n"
        "put(('vrrp_rt_priority', 1), ('vrrp_rlimit_rttime', 20000))\n"
        "print(resource.getrlimit(15)[0]); import time; end = time.monotonic() + 0.2\n"
        "while time.monotonic() < end: pass"
    )
    said = python(code)
    if "not permitted" in said[0]:
        pytest.skip("this kernel gives no real-time scheduling here")
    assert said == ["20000", "ran longer than vrrp_rlimit_rttime without blocking"]


@needs_host_root
@pytest.mark.parametrize(
    ("setting", "right"),
    [
        ("'vrrp_rt_priority', 7", "sys_nice"),
        ("'vrrp_priority', -5", "sys_nice"),
        ("'vrrp_no_swap', True", "ipc_lock"),
    ],
)
def test_what_is_not_permitted_is_one_line_and_the_rest_is_set(setting, right):
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    cpu = max(os.sched_getaffinity(0))
    before = ("prlimit", "--rtprio=0", "--nice=0", "--memlock=0", "setpriv", "--bounding-set", f"-{right}", "--")
    said = python(f"put(({setting}), ('vrrp_cpu_affinity', ('{cpu}',))); print(os.sched_getaffinity(0))", *before)
    keyword = setting.split("'")[1]
    assert said[0].startswith(f"k.conf:3:5: {keyword} is not set: ")
    assert said[1:] == [f"{{{cpu}}}"]


@pytest.mark.parametrize("cpus", ["'x',", "'99999',", ""])
def test_cpus_that_are_none_are_one_line(cpus):
    (said,) = python(f"put(('vrrp_cpu_affinity', ({cpus})))")
    assert said.startswith("k.conf:3:5: vrrp_cpu_affinity is not set: ")
