"""Themes are complete, and what they show can be read."""

import itertools

import pytest
from textual.color import Color, rgb_to_lab

from vrrptui.console.settings import theme

OURS = ("contrast", "daylight", "deuteranopia", "midnight", "mono", "prod", "terminal")
COLOURED = [name for name in OURS if name not in ("mono", "terminal")]
LEAST_CONTRAST = {"contrast": 7.0}  # of a text; WCAG 2 asks 4.5 for level AA and 7 for AAA
TEXTS = ("foreground", "success", "warning", "error", *theme.COLOUR_VARIABLES)
NO_TEXT = {"tone-bar", "tone-tab-foreground", "tone-tab-background", "tone-cursor"}
GROUNDS = ("background", "surface", "panel", "tone-cursor")
STATES = ("state-master", "state-backup", "state-fault", "state-stopped")

# What who lacks the green cones sees of linear red, green and blue (Machado, Oliveira and Fernandes 2009, severity 1).
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
TOLD_APART = 25.0  # CIE76 distance; 2.3 is just noticeable side by side, words on a screen need much more

# The kernel console's palette, dark and (when bold) bright, on black.
LINUX_CONSOLE = {
    "ansi_default": ("#aaaaaa", "#ffffff"),
    "ansi_red": ("#aa0000", "#ff5555"),
    "ansi_green": ("#00aa00", "#55ff55"),
    "ansi_yellow": ("#aa5500", "#ffff55"),
    "ansi_magenta": ("#aa00aa", "#ff55ff"),
    "ansi_cyan": ("#00aaaa", "#55ffff"),
}
STYLE_OF = {
    "warning": "tone-warning-style",
    "error": "tone-critical-style",
    "state-fault": "tone-critical-style",
    "tone-pending": "tone-pending-style",
}


def linear(colour):
    parts = [value / 255 for value in colour.rgb]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour):
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(one, other):
    low, high = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (high + 0.05) / (low + 0.05)


def as_deuteranope(colour):
    seen = [sum(weight * part for weight, part in zip(row, linear(colour), strict=True)) for row in DEUTERANOPIA]
    seen = [min(1.0, max(0.0, part)) for part in seen]
    return Color(*(round(255 * (12.92 * p if p <= 0.0031308 else 1.055 * p ** (1 / 2.4) - 0.055)) for p in seen))


def distance(one, other):
    first, second = rgb_to_lab(one), rgb_to_lab(other)
    return ((first.L - second.L) ** 2 + (first.a - second.a) ** 2 + (first.b - second.b) ** 2) ** 0.5


def pairs(loaded, names):
    for one, other in itertools.combinations(names, 2):
        yield f"{one} and {other}", Color.parse(colour_of(loaded, one)), Color.parse(colour_of(loaded, other))


def colour_of(loaded, name):
    return loaded.variables[name] if name in loaded.variables else getattr(loaded, name)


@pytest.mark.parametrize("name", OURS)
def test_every_theme_parses_and_defines_every_variable(name):
    loaded = theme.load(name)
    assert {*theme.COLOUR_VARIABLES, *theme.STYLE_VARIABLES} <= loaded.variables.keys()


def test_the_themes_named_here_are_all_there_are():
    assert sorted(path.stem for path in theme.folders()[0].glob("*.toml")) == list(OURS)


@pytest.mark.parametrize("name", COLOURED)
def test_every_text_is_readable_on_every_ground_it_lies_on(name):
    loaded, least = theme.load(name), LEAST_CONTRAST.get(name, 4.5)
    for text, ground in itertools.product(set(TEXTS) - NO_TEXT, GROUNDS):
        ratio = contrast(colour_of(loaded, text), colour_of(loaded, ground))
        assert ratio >= least, f"{text} on {ground}: {ratio:.2f}"
    assert contrast(loaded.variables["tone-tab-foreground"], loaded.variables["tone-tab-background"]) >= least


@pytest.mark.parametrize("name", COLOURED)
def test_the_states_have_four_colours(name):
    for which, one, other in pairs(theme.load(name), STATES):
        assert distance(one, other) >= TOLD_APART, which


def test_the_simulation_takes_red_from_green_not_grey_or_blue():
    red, green = Color.parse("#ff7a85"), Color.parse("#7ec98f")
    assert distance(red, green) > 80 > 10 > distance(as_deuteranope(red), as_deuteranope(green))
    for kept in (Color.parse("#808080"), Color.parse("#58a6ff")):
        assert distance(kept, as_deuteranope(kept)) < 10


@pytest.mark.parametrize("names", [STATES, ("success", "warning", "error")], ids=["states", "severities"])
def test_a_deuteranope_tells_states_and_severities_apart(names):
    for which, one, other in pairs(theme.load("deuteranopia"), names):
        assert distance(as_deuteranope(one), as_deuteranope(other)) >= TOLD_APART, which


def test_the_deuteranope_axis_goes_from_blue_to_orange():
    loaded = theme.load("deuteranopia")
    good, bad = (Color.parse(loaded.variables[state]) for state in ("state-master", "state-fault"))
    assert good.b > good.g > good.r
    assert bad.r > bad.g > bad.b


def test_terminal_can_be_read_on_the_linux_console():
    loaded = theme.load("terminal")
    for text in sorted(set(TEXTS) - NO_TEXT):
        bold = "bold" in loaded.variables.get(STYLE_OF.get(text, ""), "")
        assert contrast(LINUX_CONSOLE[colour_of(loaded, text)][bold], "#000000") >= 4.5, text
    assert len({loaded.variables[state] for state in STATES}) == len(STATES)


def test_terminal_uses_no_colour_the_linux_console_changes():
    loaded = theme.load("terminal")
    assert loaded.ansi
    styles = {word for name in theme.STYLE_VARIABLES for word in loaded.variables[name].split()}
    assert not styles & {"dim", "italic", "underline"}
    assert loaded.variables["tone-cursor-style"] == "not bold reverse"  # there, bold on reversed text is grey


@pytest.mark.parametrize("name", COLOURED)
def test_prod_alone_has_a_red_header(name):
    red, green, blue = Color.parse(theme.load(name).surface).rgb
    assert (red > 3 * max(green, blue)) == (name == "prod")


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
        ('primary = "no such colour"', "is not a colour"),
    ],
)
def test_a_theme_that_cannot_be_used_says_why(tmp_path, wrong, why):
    path = tmp_path / "odd.toml"
    path.write_text(wrong)
    with pytest.raises(theme.ThemeError, match=why):
        theme.read(path)


def test_an_unknown_theme_names_those_that_are_there():
    with pytest.raises(theme.ThemeError, match=r"unknown theme .*midnight"):
        theme.load("noon")
