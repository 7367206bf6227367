"""The codes' explanations: complete, and the page made of them is fresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from vrrptui.segment.codes import EXPLANATIONS, Code, page

PAGE = Path(__file__).parents[2] / "docs" / "diagnosis.md"


def test_every_code_is_explained():
    assert set(EXPLANATIONS) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_an_explanation_is_whole_sentences(code):
    one = EXPLANATIONS[code]
    assert one.severity in ("critical", "warning", "ok")
    assert all(
        (text.endswith(".") and text[0].isupper()) or text[0].isdigit() or text.startswith("keepalived")
        for text in (one.meaning, one.cause, one.action)
    )


def test_the_page_in_the_docs_is_the_one_the_codes_make():
    assert PAGE.read_text(encoding="utf-8") == page()
