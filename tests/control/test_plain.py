"""Foreign text is plain text: nothing in it reaches the terminal as more than a visible sign."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrptui.control.plain import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("eth0", "eth0", id="a plain name"),
        pytest.param("Büro 東京", "Büro 東京", id="letters of any script"),
        pytest.param("[bold]not markup[/]", "[bold]not markup[/]", id="markup is text"),
        pytest.param("a\\nb", "a\\nb", id="a backslash stays"),
        pytest.param("\x1b[2J", "\\x1b[2J", id="an escape sequence"),
        pytest.param("\x1b]0;title\x07", "\\x1b]0;title\\x07", id="a window title"),
        pytest.param("\x9b31m", "\\x9b31m", id="a C1 control"),
        pytest.param("one\ntwo\r\t", "one\\ntwo\\r\\t", id="line ends and tabs"),
        pytest.param("\x7f\0", "\\x7f\\x00", id="delete and zero"),
        pytest.param("abc\u202edcba", "abc\\u202edcba", id="a turned direction"),
        pytest.param("\u2066x\u2069\u200b\ufeff", "\\u2066x\\u2069\\u200b\\ufeff", id="isolates and zero width"),
        pytest.param("\u2028", "\\u2028", id="a line separator"),
        pytest.param("\ud800", "\\ud800", id="a lone surrogate"),
    ],
)
def test_what_is_not_visible_is_made_so(text, shown):
    assert plain(text) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_plain_text_has_no_control_and_stays_as_it_is(text):
    shown = plain(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    assert plain(shown) == shown
    shown.encode()
