"""Files: what include takes in, and every way in which a file cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.config.config_texts import instance, router
from vrrptui.config.language.reader import DEPTH_MAX
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Loaded


def write(directory: Path, files: dict[str, str]) -> str:
    """Write `files` and return the path of main.conf among them."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(directory / "main.conf")


def said(loaded: Loaded) -> list[str]:
    return [f"{f.level.value} {f.code} {os.path.basename(f.place.file)}:{f.place.line}" for f in loaded.findings]


def test_files_are_included_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        {
            "main.conf": "include conf.d/*.conf  # all of them\n",
            "conf.d/b.conf": instance("virtual_router_id 2", "include parts/priority", name="B").replace("100/", "2/"),
            "conf.d/a.conf": instance("virtual_router_id 1", name="A"),
            "conf.d/parts/priority": "priority 42\n",
            "conf.d/ignored.txt": "priority nonsense\n",
        },
    )
    loaded = load(main)
    assert loaded.findings == ()
    assert loaded.configuration is not None
    assert [(router.name, router.priority) for router in loaded.configuration.routers] == [("A", 100), ("B", 42)]


def test_a_finding_names_the_included_file(tmp_path: Path) -> None:
    main = write(tmp_path, {"main.conf": instance("include p"), "p": "\npriority 0\n"})
    assert said(load(main)) == ["error bad-value p:2"]


@pytest.mark.parametrize(
    "line, expected",
    [
        ("include missing.conf", ["warning include-missing main.conf:1"]),
        ("include *.nothing", []),
        ("includer missing.conf", ["error include-missing main.conf:1"]),
        ("includea *.nothing", ["error include-missing main.conf:1"]),
        ("include main.conf", ["error include-cycle main.conf:1"]),
        ("include ./x/../main.conf", ["error include-cycle main.conf:1"]),
        ("include x", ["error unreadable main.conf:1"]),
        ("includem missing.conf", ["error include-missing main.conf:1"]),
        ("includem *.nothing", []),
        ("includew *.nothing", ["error include-missing main.conf:1"]),
        ("include {a,b}.conf", ["warning include-missing main.conf:1"]),
        ("include {main,b}.conf", ["error include-cycle main.conf:1", "warning include-missing main.conf:1"]),
        ("includeb {x/y,b.conf}", ["error include-missing main.conf:1"]),
        ("include */a.conf", []),
        ("include " + "{a,b}" * 12, ["error too-many-includes main.conf:1"]),
        ("include script", ["error unreadable main.conf:1"]),
        ("include", ["warning unknown-keyword main.conf:1"]),
        ("includes a", ["warning unknown-keyword main.conf:1"]),
    ],
)
def test_an_include_that_brings_nothing_is_told(tmp_path: Path, line: str, expected: list[str]) -> None:
    main = write(tmp_path, {"main.conf": line + "\n" + instance(), "x/y": "", "script": ""})
    (tmp_path / "script").chmod(0o755)
    assert sorted(said(load(main))) == expected


@pytest.mark.parametrize(
    "line, read",
    [
        ("include */?.conf", "12345"),
        ("include [xy]/[bc].conf", "245"),
        ("include {y/{c,b},x/a}.conf", "541"),
        ("include x/{a,b,nothing}.conf", "12"),
        ("@router include x/a.conf", "1"),
        ("@^router include x/a.conf", ""),
        ("$FOLDER=x", ""),
        ("~LST(F, x/b, y/a) include ${F}.conf", "23"),
        ("$PART=include y/c.conf\n$PART", "5"),
    ],
)
def test_names_of_files_are_filled_in_as_a_shell_would(tmp_path: Path, line: str, read: str) -> None:
    files = {"x/a.conf": 1, "x/b.conf": 2, "y/a.conf": 3, "y/b.conf": 4, "y/c.conf": 5}
    contents = {name: instance(f"virtual_router_id {n}", name=str(n)) for name, n in files.items()}
    main = write(tmp_path, {"main.conf": line, "x/.hidden.conf": "nonsense\n"} | contents)
    configuration = load(main, "router").configuration
    assert configuration is not None
    assert "".join(router.name for router in configuration.routers) == read


def test_files_that_include_each_other_are_told(tmp_path: Path) -> None:
    main = write(tmp_path, {"main.conf": "include a\n", "a": "include b\n", "b": "\ninclude a\n"})
    assert said(load(main)) == ["error include-cycle b:2"]


@pytest.mark.parametrize("depth, codes", [(DEPTH_MAX, []), (DEPTH_MAX + 1, ["include-depth"])])
def test_includes_have_a_depth(tmp_path: Path, depth: int, codes: list[str]) -> None:
    files = {str(n): f"include {n + 1}\n" for n in range(1, depth)} | {str(depth): instance()}
    loaded = load(write(tmp_path, {"main.conf": "include 1\n"} | files))
    assert [finding.code for finding in loaded.findings] == codes


def test_includes_have_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vrrptui.config.language.reader.INCLUDES_MAX", 100)
    main = write(tmp_path, {"main.conf": "include a\n" * 101, "a": ""})
    assert said(load(main)) == ["error too-many-includes main.conf:101"]


@pytest.mark.slow
def test_two_thousand_routers_may_have_a_file_each(tmp_path: Path) -> None:
    """keepalived 2.2.7 reads them; more than 1,000 files were refused."""
    files = {f"d/{n}.conf": instance(f"interface eth{n}", name=f"V{n}") for n in range(2000)}
    loaded = load(write(tmp_path, files | {"main.conf": "include d/*.conf\n"}))
    assert loaded.configuration is not None
    assert len(loaded.configuration.routers) == 2000


def test_all_files_together_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vrrptui.config.language.reader.BYTES_MAX", 10_000)
    main = write(tmp_path, {"main.conf": "include a\ninclude b\n", "a": "#" * 5000, "b": "#" * 5000})
    assert said(load(main)) == ["error too-large main.conf:2"]


@pytest.mark.parametrize("name", ["missing", ".", "pipe", "a\0b", "\ud800", "x" * 5000])
def test_a_file_that_cannot_be_read_is_one_error(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    loaded = load(os.path.join(tmp_path, name))
    assert [finding.code for finding in loaded.findings] == ["unreadable"]
    assert loaded.findings[0].text.isprintable()
    assert loaded.configuration is None


def test_an_empty_file_is_a_configuration_without_routers(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, {"main.conf": ""}))
    assert loaded.findings == ()
    assert loaded.configuration is not None
    assert loaded.configuration.routers == ()


def test_bytes_that_are_no_utf8_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "main.conf"
    path.write_bytes(
        instance("authentication {\nauth_type PASS\nauth_pass \x00\n}").encode().replace(b"\0", b"\xff\xe9")
    )
    assert router(load(str(path))).auth_password == b"\xff\xe9"
