"""Builds a tree of statements from lines and braces, and checks that the braces match.

A statement consists of the words of a line and, if a brace follows, the statements in that block.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from vrrptui.config.findings.report import Report
from vrrptui.config.language.lexer import Brace, Line, Word
from vrrptui.config.model.configuration import Place

DEPTH_MAX = 16  # keepalived's own blocks are at most four deep
# Limits the memory that a few lines with sequences can use; files written by hand stay far below. Skipped blocks
# and comments do not count.
WORDS_MAX = 2_000_000
CHARACTERS_MAX = 32_000_000


@dataclass(slots=True)
class Statement:
    """A keyword with its values, and its block if it has one."""

    keyword: Word
    values: tuple[Word, ...]
    source: str  # as written, from the keyword on
    cut_by_comment: bool = False  # whether a comment starts inside the last word
    block: list[Statement] | None = None

    @property
    def place(self) -> Place:
        return self.keyword.place

    @property
    def name(self) -> str:
        return self.keyword.text


def build(pieces: Iterable[Line | Brace], report: Report, read: Container[str]) -> list[Statement]:
    """Return the statements of the outermost level; blocks there whose keyword is not in `read` are skipped.

    Errors in the braces are reported at their place. A surplus } is skipped, as in keepalived.
    """
    root: list[Statement] = []
    open_blocks: list[tuple[list[Statement], Place]] = []
    level = root
    ready: Statement | None = None  # the statement to which a following block belongs
    words = characters = 0
    passed, passed_from = 0, None  # depth inside a skipped block, and its start
    for piece in pieces:
        if passed:
            if isinstance(piece, Brace):
                passed += 1 if piece.opens else -1
                report.passing_over = passed > 0
        elif isinstance(piece, Line):
            words += len(piece.words)
            characters += len(piece.source)
            if words > WORDS_MAX or characters > CHARACTERS_MAX:
                text = f"there are more than {WORDS_MAX} words or {CHARACTERS_MAX} characters"
                report.error(piece.words[0].place, "too-large", text)
                return root
            ready = Statement(piece.words[0], piece.words[1:], piece.source, piece.cut_by_comment)
            level.append(ready)
        elif piece.opens:
            if ready is None or ready.block is not None or (level is root and ready.name not in read):
                if ready is None or ready.block is not None:
                    report.error(piece.place, "unexpected-brace", "nothing stands before this {")
                else:
                    ready.block = []
                ready = None
                passed, passed_from = 1, piece.place
                report.passing_over = True
                continue
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
            text = "this } closes nothing: it is passed over"
            report.once(piece.place, "unexpected-brace", text, "is there one too many before it?")
            ready = None
    report.passing_over = False
    still_open = [place for _, place in open_blocks]
    if passed and passed_from:
        still_open.append(passed_from)
    for place in still_open:
        report.error(place, "open-block", "this { is never closed", "is a } missing before the next block?")
    return root
