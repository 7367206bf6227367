"""Themes are complete, and what they show can be read."""

import itertools

import pytest
from textual.color import Color

from vrrptui.console import theme

COLOURED = [name for name in sorted(theme.available()) if name != theme.WITHOUT_COLOUR]
TEXTS = ("foreground", "success", "warning", "error", *theme.COLOUR_VARIABLES)
NO_TEXT = {"tone-bar", "tone-tab-foreground", "tone-tab-background", "tone-cursor"}
STATES = ("state-master", "state-backup", "state-fault", "state-stopped")


def luminance(colour):
    parts = [value / 255 for value in colour.rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (high + 0.05) / (low + 0.05)


def colour_of(loaded, name):
    return loaded.variables[name] if name in loaded.variables else getattr(loaded, name)


@pytest.mark.parametrize("name", COLOURED)
def test_every_text_is_readable_on_every_ground_it_lies_on(name):
    loaded = theme.load(name)
    for text, ground in itertools.product(set(TEXTS) - NO_TEXT, ("background", "surface", "tone-cursor")):
        ratio = contrast(colour_of(loaded, text), colour_of(loaded, ground))
        assert ratio >= 4.5, f"{text} on {ground}: {ratio:.2f}"
    assert contrast(loaded.variables["tone-tab-foreground"], loaded.variables["tone-tab-background"]) >= 4.5


@pytest.mark.parametrize("name", COLOURED)
def test_the_states_have_four_colours(name):
    loaded = theme.load(name)
    for one, other in itertools.combinations(STATES, 2):
        first, second = (Color.parse(loaded.variables[state]) for state in (one, other))
        assert sum(abs(a - b) for a, b in zip(first.rgb, second.rgb, strict=True)) > 60, (one, other)


def test_mono_says_nothing_by_colour_alone():
    loaded = theme.load("mono")
    assert {colour_of(loaded, text) for text in TEXTS} == {"ansi_default"}
    assert loaded.variables["tone-critical-style"] != loaded.variables["tone-warning-style"] != "none"


def test_a_users_theme_wins_over_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = tmp_path / "vrrptui" / "themes" / "midnight.toml"
    own.parent.mkdir(parents=True)
    own.write_text(theme.available()["midnight"].read_text().replace('"#12141c"', '"#000000"'))
    assert theme.load("midnight").background == "#000000"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("dark = [", "theme"),
        ('primary = "#7aa2f7"', "secondary is missing"),
        ('primary = "no such colour"', "is no colour"),
    ],
)
def test_a_theme_that_cannot_be_used_says_why(tmp_path, wrong, why):
    path = tmp_path / "odd.toml"
    path.write_text(wrong)
    with pytest.raises(theme.ThemeError, match=why):
        theme.read(path)


def test_an_unknown_theme_names_those_that_are_there():
    with pytest.raises(theme.ThemeError, match=r"there is none; there are .*midnight"):
        theme.load("noon")
