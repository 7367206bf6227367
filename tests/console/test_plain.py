"""Foreign text never acts on the terminal, and text fits where it is put."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrptui.console.settings.filter import FilterError, Subject, compile_filter
from vrrptui.console.text.prose import age, calm_age, clock_time, fit, span_of_time, spread, width_of, wrap
from vrrptui.console.text.signs import ascii_signs
from vrrptui.control.plain import plain


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("[red]eth0[/red]", "[red]eth0[/red]"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x9b2J", r"\x9b2J"),
        ("evil\u202egnp", r"evil\u202egnp"),
        ("\ud800", r"\ud800"),
        ("\x00", r"\x00"),
    ],
)
def test_what_is_not_printable_is_written_out(foreign, shown):
    assert plain(foreign) == shown


@given(st.text(max_size=200))
def test_plain_text_is_always_printable(text):
    assert plain(text).isprintable()


@given(st.text(max_size=200))
def test_ascii_signs_are_always_ascii(text):
    assert ascii_signs(text).isascii()


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=50), st.integers(0, 40), st.booleans())
def test_a_fitted_text_has_the_width_asked_for(text, width, right):
    assert width_of([(fit(text, width, right=right), "text")]) == width


@given(st.lists(st.text("ab 語", max_size=60), max_size=4), st.integers(12, 60), st.integers(0, 4))
def test_wrapping_loses_no_letter_and_keeps_the_width(texts, width, indent):
    lines = wrap([(text, "text") for text in texts], width, indent=indent, first=((" " * indent, "text"),))
    assert all(width_of(line) <= width + 1 for line in lines)
    wrapped = "".join(text for line in lines for text, _ in line)
    assert wrapped.replace(" ", "") == "".join(texts).replace(" ", "")


@given(st.integers(10, 100))
def test_a_spread_line_is_as_wide_as_the_screen(width):
    assert width_of(spread([("left" * 20, "text")], [("right", "text")], width)) == width


@pytest.mark.parametrize(
    ("seconds", "short", "calm", "long"),
    [
        (0.04, "0.0s", "<1s", "00:00:00"),
        (9.97, "9s", "9s", "00:00:09"),
        (151, "2m", "2m", "00:02:31"),
        (7200, "2h", "2h", "2h 00m"),
        (41 * 86400 + 7800, "41d", "41d", "41d 02h"),
        (-5, "0.0s", "<1s", "00:00:00"),
    ],
)
def test_ages_are_short_words(seconds, short, calm, long):
    assert (age(seconds), calm_age(seconds), span_of_time(seconds)) == (short, calm, long)


def test_a_time_beyond_the_calendar_is_the_beginning_of_time():
    assert clock_time(1e300) == "00:00:00Z"


SUBJECT = Subject("eth0/51 10.0.0.2 DUAL_MASTER", vrid=51, interface="eth0", bad=True)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", True),
        ("10.0", True),
        ("dual 51", True),
        ("10.0 nowhere", False),
        ("vrid 51", True),
        ("vrid 5", False),
        ("if eth0", True),
        ("if eth", False),
        ("bad", True),
        ("!bad", False),
        ("!nowhere", True),
        ("!vrid 51", False),
        ("~dual_.*er$", True),
        ("~^10", False),
    ],
)
def test_a_filter_finds(words, found):
    assert compile_filter(words)(SUBJECT) is found


@pytest.mark.parametrize("words", ["vrid", "if", "vrid x", "~("])
def test_a_filter_that_cannot_be_understood_says_so(words):
    with pytest.raises(FilterError):
        compile_filter(words)
