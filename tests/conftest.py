"""Options of the whole suite, and what it takes for granted."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# Where keepalived, nft, arping and nginx are, which the PATH of an ordinary user lacks.
os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"

# A shell without job control starts what is to run in the background with interrupts ignored, and every program the
# tests start would inherit that; some of them are to be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What Hypothesis draws takes its time on a busy host, and no test is about that time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


SLOW_ROOMS = {"fuzz", "simulation"}
RUN_A_CONSOLE = {"play", "pair"}  # fixtures


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.path.parent.name in SLOW_ROOMS or RUN_A_CONSOLE & fixtures:
            item.add_marker(pytest.mark.slow)


# How long an example takes to draw says more about the host's other work than about the test.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots", action="store_true", help="take the console's pictures anew instead of comparing them"
    )
