"""The effective configuration as text: every value with its origin, and reading it gives the same again."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.config_texts import AUTH, EVERYTHING, IPV6, Load, instance, script
from tests.config.test_random_texts import PIECES, WHOLE
from tests.config.test_real_files import PUBLIC, SAMPLES
from vrrptui.config.language.lexer import split_command
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Configuration
from vrrptui.config.render.instances import MASK, show
from vrrptui.config.render.text import command


def again(configuration: Configuration) -> tuple[Configuration, str]:
    """What reading the shown configuration gives, and the text."""
    text = show(configuration, passwords=True)
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        loaded = load(file.name, "other-host")
    assert loaded.configuration is not None, [str(finding) for finding in loaded.findings] + [text]
    return loaded.configuration, text


def assert_fixed(configuration: Configuration) -> None:
    """Reading what is shown gives the same configuration and the same text, but for the origins."""
    read, text = again(configuration)
    assert replace(read, file=configuration.file) == configuration
    assert without_origins(show(read, passwords=True)) == without_origins(text)


def without_origins(text: str) -> str:
    return re.sub(r" ?! \S*$", "", text, flags=re.MULTILINE)


def test_every_value_is_shown_and_read_again(load_text: Load) -> None:
    configuration = load_text(EVERYTHING).configuration
    assert configuration is not None
    assert_fixed(configuration)


@pytest.mark.parametrize(
    "text",
    [
        "",
        instance(),
        WHOLE,
        instance(AUTH, "version 2", "state MASTER", "priority 255"),
        instance(IPV6, "advert_int 0.01"),
        script("user root") + instance("track_script {\nchk\n}"),
    ],
    ids=range(6),
)
def test_what_is_shown_is_a_fixed_point(load_text: Load, text: str) -> None:
    configuration = load_text(text).configuration
    assert configuration is not None
    assert_fixed(configuration)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("keepalived.conf*")) + sorted(PUBLIC.glob("*.conf")), ids=str)
def test_a_real_file_is_a_fixed_point(path: Path) -> None:
    configuration = load(str(path)).configuration
    if configuration is None:
        pytest.skip("the file cannot be run")
    assert_fixed(configuration)


ODD = st.text(
    st.characters(exclude_characters="\0", exclude_categories=()) | st.sampled_from("\"'\\ #!{}$@~"), max_size=9
)


ODD_WORDS = st.sampled_from([*PIECES, "", "@x", "~SEQ", "$_PWD", "include", "a\\", "*", "all", "reverse", "never"])


@settings(max_examples=300, deadline=None)
@given(st.lists(ODD.map(lambda text: text.encode("utf-8", "replace").decode()), min_size=1, max_size=5))
def test_any_command_is_written_so_that_it_is_read_again(arguments: list[str]) -> None:
    (once,) = split_command(command(arguments))
    assert split_command(once) == tuple(arguments)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    command=st.lists(ODD.filter(str.isprintable), min_size=1, max_size=4),
    name=st.text(
        st.characters(categories=("L", "P", "S", "N", "Zs"), exclude_characters='"\\'), min_size=1, max_size=9
    ),
    priority=st.integers(1, 254),
    interval=st.integers(1, 4095),
)
def test_any_values_are_a_fixed_point(command: list[str], name: str, priority: int, interval: int) -> None:
    text = instance("version 3", f"priority {priority}", f"advert_int {interval / 100}")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        configuration = load(file.name).configuration
    assert configuration is not None
    router = configuration.routers[0]
    odd = replace(router, name=name, notify=replace(router.notify, any=("/x", *command)))
    assert_fixed(replace(configuration, routers=(odd,)))


def test_each_value_has_its_origin(load_text: Load) -> None:
    loaded = load_text("global_defs {\nvrrp_garp_master_repeat 2\n}\n" + instance("priority 7"))
    assert loaded.configuration is not None
    text = show(loaded.configuration)
    origins = dict(re.findall(r"^ +([\w ]+?) ! .*?(\d+|default)$", text, re.MULTILINE))
    assert origins["priority 7"] == "10"
    assert origins["garp_master_repeat 2"] == "2"
    assert origins["down_timer_adverts 3"] == "default"


def test_a_password_is_shown_to_those_alone_who_ask(load_text: Load) -> None:
    loaded = load_text(instance(AUTH))
    assert loaded.configuration is not None
    assert "secret" not in show(loaded.configuration)
    assert MASK in show(loaded.configuration)
    assert "secret" in show(loaded.configuration, passwords=True)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_file_with_something_changed_is_a_fixed_point(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from([WHOLE, EVERYTHING])).split("\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        words = lines[at].split(" ")
        where = data.draw(st.integers(0, len(words) - 1))
        words[where] = data.draw(ODD_WORDS | ODD | st.integers(-1, 300).map(str))
        lines[at] = " ".join(words)
    with tempfile.NamedTemporaryFile() as file:
        file.write("\n".join(lines).encode("utf-8", "surrogatepass"))
        file.flush()
        configuration = load(file.name).configuration
    if configuration is not None:
        assert_fixed(configuration)
