"""The tones of a theme: made from its variables, and painted again when the theme is another one."""

from __future__ import annotations

import pytest

from vrrptui.console.settings import theme
from vrrptui.console.widgets.tones import TONES, Palette


@pytest.mark.parametrize("name", sorted(theme.available()))
def test_every_tone_of_every_theme_has_a_style(name):
    chosen = theme.load(name)
    variables = chosen.to_color_system().generate() | chosen.variables
    palette = Palette(variables)
    for tone in TONES:
        style = palette.style(tone)
        assert (style.bgcolor if tone == "cursor" else style.color) is not None
        assert palette.style(tone) is style


def test_a_text_style_that_is_none_is_refused_by_name(tmp_path):
    text = (theme.folders()[0] / "midnight.toml").read_text()
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('tone-muted-style = "none"', 'tone-muted-style = "boldly"'))
    with pytest.raises(theme.ThemeError, match="tone-muted-style = 'boldly': 'boldly' is none of none, not, bold"):
        theme.read(path)
