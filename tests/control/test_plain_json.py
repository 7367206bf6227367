"""JSON that a terminal may show: the same text for a reader, and no sign that a terminal obeys."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrptui.control.plain import json_text

SIGNS = "\x1b]0;owned\x07\x9b31m\u202e\u2066\u200b\u2028\x7f\x00\r\t\U000e0041"


@pytest.mark.parametrize("indent", [0, 2])
def test_signs_are_escaped_and_umlauts_are_not(indent):
    text = json_text({"name": f"Zürich {SIGNS} 😀", SIGNS: 1}, indent)
    assert "Zürich" in text
    assert "😀" in text
    assert all(sign.isprintable() for sign in text.replace("\n", ""))
    assert json.loads(text) == {"name": f"Zürich {SIGNS} 😀", SIGNS: 1}


@given(st.dictionaries(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=()))))
def test_a_reader_gets_what_there_was(value):
    text = json_text(value)
    assert text.isprintable()
    assert json.loads(text) == value
