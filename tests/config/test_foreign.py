"""Tags of templates in a line, against the pattern that they follow; and lines that would take minutes with it."""

import random
import re

import pytest

from vrrptui.config.language import foreign
from vrrptui.config.load import load

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<%.*?%>|<\?.*?\?>")
MANY = 300_000


def test_tags_are_found_as_by_the_pattern():
    draw = random.Random(7)
    for _ in range(20_000):
        text = "".join(draw.choice("{}%#<>?x") for _ in range(draw.randint(0, 14)))
        found = [(one.start, one.stop) for one in foreign._tags(text)]
        assert found == [match.span() for match in TAG.finditer(text)], text


@pytest.mark.slow
def test_no_line_of_a_block_that_is_passed_over_takes_long(tmp_path):
    """Each of these took minutes: the pattern is tried again from each beginning of a tag, a sequence from each one."""
    file = tmp_path / "keepalived.conf"
    for line in ("{{" * MANY + "}" * 2 * MANY, "~SEQ(x,1,2)" * MANY, "<%" * MANY, "{{}}" * MANY + "<%"):
        file.write_text(f"virtual_server 192.0.2.1 80 {{\n{line}\n}}\n")
        assert [str(finding.level.name) for finding in load(str(file)).findings] == ["WARNING"]
