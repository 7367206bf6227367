"""The control socket's lines: every message survives them, and nothing else is taken for one."""

from __future__ import annotations

import builtins
import json
import types
import typing
from itertools import pairwise
from typing import Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vrrptui.control.codec import MAX_LINE_BYTES, LineReader, ProtocolError, client_reader, encode, engine_reader
from vrrptui.control.messages import (
    Adverts,
    Done,
    FromClient,
    FromEngine,
    HeardAdvert,
    Reload,
    SaidAdvert,
    SetPriority,
    Synced,
)
from vrrptui.control.snapshots import CheckSnapshot

READERS = {"engine": (engine_reader, FromEngine), "client": (client_reader, FromClient)}
MESSAGES = [
    pytest.param(reader, message, id=f"{side} {message.__name__}")
    for side, (reader, vocabulary) in READERS.items()
    for message in get_args(vocabulary)
]
either_side = pytest.mark.parametrize("reader", [reader for reader, _ in READERS.values()], ids=READERS)
# No lone surrogate: JSON in UTF-8 has none, and foreign text is made plain before it gets here.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# Any digit that a double holds exactly, so that JSON gives the same number back.
numbers = st.integers(-(2**53), 2**53)
junk = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


PLAIN = {
    int: numbers,
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: texts,
    bool: st.booleans(),
    bytes: st.binary(max_size=60),
    type(None): st.none(),
}


def values(kind: Any, enlarged: bool = False) -> st.SearchStrategy:
    """Any value of a type that the vocabulary uses, messages and snapshots included; `enlarged`: beyond all measure."""
    if enlarged and kind is str:
        return long_texts
    if enlarged and get_origin(kind) is list:
        short = st.lists(values(get_args(kind)[0]), max_size=3)
        return st.builds(lambda items, times: items * times, short, st.sampled_from([1, 100, 3000]))
    if kind in PLAIN:
        return PLAIN[kind]
    if kind is msgspec.Raw:
        return values(SaidAdvert).map(lambda said: msgspec.Raw(msgspec.json.encode(said)))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return st.builds(kind, **{field.name: values(field.type, enlarged) for field in msgspec.structs.fields(kind)})
    inner = get_args(kind)
    match get_origin(kind):
        case types.UnionType | typing.Union:
            return st.one_of(*(values(one, enlarged) for one in inner))
        case builtins.list:
            return st.lists(values(inner[0]), max_size=3)
        case builtins.dict:
            return st.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
        case builtins.tuple:
            return st.tuples(*map(values, inner))
        case typing.Literal:
            return st.sampled_from(inner)
    raise AssertionError(f"the vocabulary has a new kind of field: {kind}")


@pytest.mark.slow
@pytest.mark.parametrize(("reader", "message"), MESSAGES)
@settings(max_examples=30)
@given(data=st.data())
def test_every_message_survives_the_line(reader, message, data):
    said = data.draw(values(message))
    line = encode(said)
    assert line.count(b"\n") == 1
    assert reader().feed(line) == [said]


long_texts = st.builds(lambda text, times: text * times, texts, st.sampled_from([1, 100, 5000, 40_000]))


@pytest.mark.slow
@pytest.mark.parametrize(("reader", "message"), MESSAGES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_line_is_made_that_its_reader_refuses(reader, message, data):
    """After a reload of 1,000 virtual routers with names of 70 characters, no command was understood any more."""
    said = data.draw(values(message, enlarged=True))
    try:
        line = encode(said)
    except ProtocolError:
        assert len(msgspec.json.encode(said)) > MAX_LINE_BYTES
        assert reader is client_reader
        return
    assert len(line) <= MAX_LINE_BYTES + 1
    (heard,) = reader().feed(line)
    assert type(heard) is message


def test_what_is_shortened_says_so_and_keeps_what_fits():
    (done,) = engine_reader().feed(encode(Done(id=7, text="x" * 70_000)))
    assert done.id == 7
    assert done.text.endswith("xxx...")
    names = [f"router_{number:060}" for number in range(1500)]
    check = CheckSnapshot(
        name="chk", kind="script", state="up", weight=0, rise=1, fall=1, run=(0, 1), routers=names, last_output="fine"
    )
    (heard,) = engine_reader().feed(encode(check))
    assert heard == msgspec.structs.replace(check, routers=names[: len(heard.routers)])
    assert len(heard.routers) >= 400


def test_adverts_that_do_not_fit_are_skipped():
    heard = [HeardAdvert(float(number), 0, bytes(1500)) for number in range(50)]
    (told,) = engine_reader().feed(encode(Adverts(said=[], heard=heard, skipped=3)))
    assert (told.heard, told.skipped) == ([], 53)


def messages_or_refusal(reader, line: bytes) -> list | str:
    """What becomes of a line: messages, or why it is refused. Any other error is a failure."""
    try:
        return reader().feed(line + b"\n")
    except ProtocolError as error:
        return str(error)


@either_side
@given(data=st.binary(max_size=300))
def test_any_bytes_are_messages_or_refused(reader, data):
    assert isinstance(messages_or_refusal(reader, data), list | str)


@either_side
@given(fields=st.dictionaries(st.sampled_from(["id", "router", "adverts", "text", "why", "x"]), junk), tag=texts)
def test_any_json_is_a_message_or_refused(reader, fields, tag):
    for kind in ["done", "synced", "reload", "set_priority", "subscribe", "group", tag]:
        line = json.dumps({"type": kind} | fields).encode()
        assert len(messages_or_refusal(reader, line)) > 0


@given(at=st.integers(0, 60), byte=st.integers(0, 255))
def test_a_damaged_message_is_another_or_refused(at, byte):
    line = bytearray(encode(SetPriority(id=7, router="VI_1", priority=100, terminal="pts/0"))[:-1])
    line[at % len(line)] = byte
    assert isinstance(messages_or_refusal(client_reader, bytes(line)), list | str)


def test_bytes_that_are_no_utf_8_are_refused():
    assert "utf-8" in str(messages_or_refusal(client_reader, b'{"type":"reload","id":1,"terminal":"\xff"}')).lower()


@given(cuts=st.lists(st.integers(0, 60), max_size=6))
def test_a_line_may_come_in_pieces(cuts):
    said = [Synced(), Done(id=7, text="zwölf"), Done(id=8)]
    line = b"".join(map(encode, said))
    reader = engine_reader()
    edges = [0, *sorted(cuts), len(line)]
    pieces = [line[start:end] for start, end in pairwise(edges)]
    assert [message for piece in pieces for message in reader.feed(piece)] == said


def padded(size: int) -> bytes:
    """A `Reload` of `size` bytes without its newline."""
    empty = len(msgspec.json.encode(Reload(id=1, terminal="")))
    return msgspec.json.encode(Reload(id=1, terminal="x" * (size - empty)))


def test_a_line_of_64_kib_is_read():
    (message,) = client_reader().feed(padded(MAX_LINE_BYTES) + b"\n")
    assert isinstance(message, Reload)


def test_a_longer_command_is_not_made():
    with pytest.raises(ProtocolError, match="too long"):
        encode(Reload(id=1, file="x" * MAX_LINE_BYTES))


@pytest.mark.parametrize("ending", [b"\n", b""], ids=["ended", "endless"])
def test_a_longer_line_is_refused(ending):
    with pytest.raises(ProtocolError, match="more than 65536 bytes"):
        client_reader().feed(padded(MAX_LINE_BYTES + 1) + ending)


def test_a_longer_line_in_pieces_is_refused_before_it_ends():
    reader: LineReader[FromClient] = client_reader()
    for _ in range(16):
        assert reader.feed(b"x" * 4096) == []
    with pytest.raises(ProtocolError):
        reader.feed(b"x")


def test_a_message_of_the_other_side_is_refused():
    with pytest.raises(ProtocolError):
        client_reader().feed(encode(Done(id=1)))


@pytest.mark.parametrize("depth", [100, 30_000])
def test_deep_nesting_is_refused_and_ends_nothing(depth):
    with pytest.raises(ProtocolError):
        client_reader().feed(b'{"type": "reload", "id": ' + b"[" * depth + b"]" * depth + b"}\n")
