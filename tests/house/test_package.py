"""What is installed: the themes come along, in a wheel as in a checkout."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile

import pytest

from tests.house.rooms import CHECKOUT
from vrrptui.console.settings import theme

THEMES = {path.name for path in (CHECKOUT / "themes").glob("*.toml")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run([*command, "--wheel-dir", folder, CHECKOUT], check=True, capture_output=True, text=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_checkout_finds_its_themes(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert {f"{name}.toml" for name in theme.available()} >= THEMES != set()


def test_a_wheel_carries_every_theme(wheel):
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if name.startswith("vrrptui/themes/")}
    assert carried == {f"vrrptui/themes/{name}" for name in THEMES}


def test_an_installed_wheel_finds_its_themes(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "import vrrptui; from vrrptui.console.settings import theme\n"
    code += "print(vrrptui.__file__, *sorted(theme.available()))"
    environment = {"PYTHONPATH": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    origin, *found = done.stdout.split()
    assert origin.startswith(str(tmp_path))
    assert {f"{name}.toml" for name in found} >= THEMES


def test_a_wheel_carries_nothing_that_is_not_the_program(wheel):
    with zipfile.ZipFile(wheel) as archive:
        outside = {name for name in archive.namelist() if not name.startswith(("vrrptui/", "vrrptui-"))}
    assert outside == set()


@pytest.mark.slow
def test_an_sdist_carries_what_its_tests_and_its_makefile_use(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        carried = {name.partition("/")[2] for name in archive.getnames()}
    pages = {"README.md", "SECURITY.md", "CONTRIBUTING.md", "RELEASING.md"}
    assert {".ci/peers", ".ci/run", "Makefile", "tests/conftest.py", "requirements/dev.txt", *pages} <= carried
