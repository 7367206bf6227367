"""Lines and braces to a tree of statements, and the brackets checked. Knows nothing of keywords.

A statement is a line's words and, if a brace follows, the block of statements in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vrrptui.config.lexer import Brace, Line, Word
from vrrptui.config.model import Place
from vrrptui.config.report import Report

DEPTH_MAX = 16  # keepalived's own blocks are at most four deep
# Enough for a thousand virtual routers, and read in a fraction of a second.
WORDS_MAX = 25_000
CHARACTERS_MAX = 1_000_000  # comments and blank lines not counted


@dataclass(slots=True)
class Statement:
    """A keyword with its values, and its block if it has one."""

    keyword: Word
    values: tuple[Word, ...]
    source: str  # as written, from the keyword on
    cut_by_comment: bool = False  # a comment starts inside the last word
    block: list[Statement] | None = None

    @property
    def place(self) -> Place:
        return self.keyword.place

    @property
    def name(self) -> str:
        return self.keyword.text


def build(pieces: Iterable[Line | Brace], report: Report) -> list[Statement]:
    """The statements of the outermost level. Whatever is wrong with the braces is an error at its place."""
    root: list[Statement] = []
    open_blocks: list[tuple[list[Statement], Place]] = []
    level = root
    ready: Statement | None = None  # the statement a block may follow
    words = characters = 0
    for piece in pieces:
        if isinstance(piece, Line):
            words += len(piece.words)
            characters += len(piece.source)
            if words > WORDS_MAX or characters > CHARACTERS_MAX:
                text = f"there are more than {WORDS_MAX} words or {CHARACTERS_MAX} characters"
                report.error(piece.words[0].place, "too-large", text)
                return root
            ready = Statement(piece.words[0], piece.words[1:], piece.source, piece.cut_by_comment)
            level.append(ready)
        elif piece.opens:
            if ready is None or ready.block is not None:
                report.error(piece.place, "unexpected-brace", "nothing stands before this {")
                return root
            if len(open_blocks) == DEPTH_MAX:
                report.error(piece.place, "too-deep", f"blocks are nested more than {DEPTH_MAX} deep")
                return root
            open_blocks.append((level, piece.place))
            level = ready.block = []
            ready = None
        elif open_blocks:
            level, _ = open_blocks.pop()
            ready = None
        else:
            report.error(piece.place, "unexpected-brace", "this } closes nothing")
            return root
    for _, place in open_blocks:
        report.error(place, "open-block", "this { is never closed")
    return root
