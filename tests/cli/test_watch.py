"""`vrrptui watch` on capture files: the contract of its lines, text and JSON, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests import tshark
from vrrptui.cli.commands.watch import WatchOptions, run_file, run_live
from vrrptui.cli.printing.advert_text import hexdump
from vrrptui.engine.capture.pcap import CapturedFrame, CaptureWriter, read_capture

SHARED = Path(__file__).parents[3] / "shared" / "pcaps"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared captures are not beside the checkout")

KEYS = [
    "time", "interface", "vlan", "source", "destination", "source_mac", "ttl", "version", "type", "vrid", "priority",
    "interval", "auth", "addresses", "checksum", "length", "problems", "oddities",
]  # fmt: skip
PASS = bytes.fromhex("01005e00001200005e0001330800") + bytes.fromhex(
    "45c000280000000 0ff7000000a000002e0000012".replace(" ", "")
) + bytes.fromhex("21336401 0101") + struct.pack("!H", 0x0DD2) + bytes.fromhex("0a0000fe") + b"secret\0\0"  # fmt: skip
THEN = 1_763_775_612_102_331_000


@pytest.fixture(autouse=True)
def utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def watch(path, **options) -> tuple[int, list[str]]:
    out = io.StringIO()
    status = run_file(str(path), WatchOptions(**options), out)
    return status, out.getvalue().splitlines()


def objects(path, **options) -> list[dict]:
    status, lines = watch(path, as_json=True, **options)
    assert status == 0
    return [json.loads(line) for line in lines]


@pytest.fixture
def capture(tmp_path):
    """A capture of one good advert, one with a password and one that is damaged."""
    path = tmp_path / "three.pcap"
    with path.open("wb") as stream:
        writer = CaptureWriter(stream)
        writer.write(CapturedFrame(THEN, GOOD))
        writer.write(CapturedFrame(THEN + 10**9, PASS, vlan=7))
        writer.write(CapturedFrame(THEN + 2 * 10**9, GOOD[:-2]))
    return path


GOOD = bytes.fromhex(
    "01005e00001200005e0001330800 45c00020000000 00ff7000000a000002e0000012 31336401006474d80a0000fe".replace(" ", "")
)


def test_an_object_has_these_keys_and_values(capture):
    first, second, third = objects(capture)
    assert list(first) == KEYS
    assert first == {
        "time": 1763775612.102331, "interface": None, "vlan": None, "source": "10.0.0.2", "destination": "224.0.0.18",
        "source_mac": "00:00:5e:00:01:33", "ttl": 255, "version": 3, "type": 1, "vrid": 51, "priority": 100,
        "interval": 1.0, "auth": "none", "addresses": ["10.0.0.254"], "checksum": "pseudo-header", "length": 12,
        "problems": [], "oddities": [],
    }  # fmt: skip
    assert (second["vlan"], second["auth"], second["version"]) == (7, "simple", 2)
    assert (third["problems"], third["addresses"], third["checksum"]) == (["truncated"], [], None)


def test_a_password_is_masked_without_v_and_never_in_json(capture):
    for options in ({}, {"hexdump": True}, {"as_json": True}, {"as_json": True, "verbose": True}):
        text = "\n".join(watch(capture, **options)[1])
        assert "secret" not in text
        assert b"secret".hex() not in text.replace(" ", "")
    assert 'auth simple "********"' in "\n".join(watch(capture)[1])
    assert 'auth simple "secret"' in "\n".join(watch(capture, verbose=True)[1])


def test_a_text_line_reads_like_tcpdumps(capture):
    assert watch(capture)[1] == [
        "01:40:12.102331 10.0.0.2 > 224.0.0.18: VRRPv3, vrid 51, prio 100, intvl 1s, addrs 10.0.0.254",
        "01:40:13.102331 vlan 7 10.0.0.2 > 224.0.0.18: VRRPv2, vrid 51, prio 100, intvl 1s, addrs 10.0.0.254, "
        'auth simple "********" [bad-checksum]',
        "01:40:14.102331 10.0.0.2 > 224.0.0.18: VRRPv3, vrid 51, prio 100, intvl 1s [truncated]",
    ]


def test_verbose_adds_a_line_with_the_rest(capture):
    assert watch(capture, verbose=True, count=1)[1] == [
        "2025-11-22 01:40:12.102331 10.0.0.2 > 224.0.0.18: VRRPv3, vrid 51, prio 100, intvl 1s, addrs 10.0.0.254",
        "    ttl 255, type 1, length 12, checksum pseudo-header, mac 00:00:5e:00:01:33",
    ]


def test_a_hexdump_has_offsets_bytes_and_signs():
    assert hexdump(b"ABCDEFGHIJKLMNOPQ\x1b\xff") == (
        "    0x0000:  4142 4344 4546 4748 494a 4b4c 4d4e 4f50  ABCDEFGHIJKLMNOP\n"
        "    0x0010:  511b ff                                  Q.."
    )


@pytest.mark.parametrize(
    ("words", "count"),
    [((), 3), (("bad",), 2), (("not", "bad"), 1), (("vrid", "52"), 0), (("vrid 51 and not bad",), 1)],
)
def test_a_filter_chooses(capture, words, count):
    assert len(watch(capture, filter=words)[1]) == count


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_it_ends_after_the_count(capture, count):
    assert len(watch(capture, count=count)[1]) == min(count, 3)


@pytest.mark.parametrize("verbose", [True, False])
def test_what_is_shown_is_recorded_and_a_password_with_v_only(capture, tmp_path, verbose):
    copy = tmp_path / "copy.pcap"
    assert watch(capture, write=str(copy), filter=("bad",), verbose=verbose)[0] == 0
    copied, first = [[frame.data for frame in read_capture(str(one))] for one in (copy, capture)]
    assert (copied == first[1:]) is verbose
    assert copied[1] == first[2]
    assert (b"secret" in copied[0]) is verbose
    assert len(copied[0]) == len(first[1])


def test_a_record_of_nothing_is_a_capture_file(capture, tmp_path):
    copy = tmp_path / "copy.pcap"
    assert watch(capture, write=str(copy), filter=("vrid", "9"))[0] == 0
    assert list(read_capture(str(copy))) == []


@pytest.mark.parametrize(
    ("options", "status", "why"),
    [
        pytest.param({"filter": ("frob",)}, 2, "vrrptui: filter: unknown keyword 'frob'", id="a wrong filter"),
        pytest.param({"write": "/nonexistent/x"}, 1, "vrrptui: /nonexistent/x: No such file", id="a record nowhere"),
    ],
)
def test_a_users_mistake_is_one_line(capture, capsys, options, status, why):
    assert watch(capture, **options) == (status, [])
    error = capsys.readouterr().err
    assert error.startswith(why)
    assert error.count("\n") == 1


def test_a_damaged_file_shows_what_is_whole_and_one_line(capture, capsys):
    capture.write_bytes(capture.read_bytes()[:-1])
    status, lines = watch(capture)
    assert (status, len(lines)) == (1, 2)
    assert capsys.readouterr().err.startswith(f"vrrptui: {capture}: cut short")


def test_live_frames_are_shown_one_by_one_with_their_interface():
    out, flushed = io.StringIO(), []
    out.flush = lambda: flushed.append(out.getvalue().count("\n"))
    frames = [
        CapturedFrame(THEN, GOOD, "eth0"),
        CapturedFrame(THEN, b"no vrrp", "eth0"),
        CapturedFrame(THEN, GOOD, "e\x1b1"),
    ]
    assert run_live([[frame] for frame in frames], WatchOptions(), out) == 0
    assert [line.split()[1] for line in out.getvalue().splitlines()] == ["eth0", "e\\x1b1"]
    assert flushed[:3] == [1, 1, 2]


def test_an_interrupt_ends_quietly(capsys):
    def frames():
        yield [CapturedFrame(THEN, GOOD, "eth0")]
        raise KeyboardInterrupt

    assert run_live(frames(), WatchOptions(), io.StringIO()) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("as_json", [False, True])
def test_colour_is_for_terminals_and_never_in_json(capture, monkeypatch, as_json):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Terminal()
    run_file(str(capture), WatchOptions(as_json=as_json), out)
    assert ("\x1b[31m" in out.getvalue()) is not as_json
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    run_file(str(capture), WatchOptions(as_json=as_json), out)
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("command", ["watch", "groups"])
def test_a_closed_pipe_ends_quietly(tmp_path, command):
    path = tmp_path / "many.pcap"
    with path.open("wb") as stream:
        writer = CaptureWriter(stream)
        for number in range(5000):
            writer.write(CapturedFrame(THEN, GOOD, vlan=number % 1000))
    program = f"import sys; from vrrptui.cli.main import run; sys.exit(run([{command!r}, '-r', {str(path)!r}]))"
    reader, writer_end = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", program], stdout=writer_end, stderr=subprocess.PIPE)
    os.close(writer_end)
    os.read(reader, 10)
    os.close(reader)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, b"")


# The shared captures: tcpdump's own, with its own text beside it.

TCPDUMP = re.compile(
    r"^ +\d+  (?P<time>\S+ \S+) IP6? \((?:tos .*?ttl (?P<ttl>\d+),.*?|hlim (?P<hlim>\d+), .*?)\)\s+"
    r"(?P<source>\S+) > (?P<destination>\S+): VRRPv(?P<version>\d), Advertisement, vrid (?P<vrid>\d+), "
    r"prio (?P<priority>\d+), (?:authtype (?P<auth>\w+), )?intvl (?P<interval>\d+)(?P<unit>c?s), "
    r"length (?P<length>\d+), addrs(?:\(\d+\))?: (?P<addresses>\S+)(?: auth \"(?P<password>.*)\")?$",
    re.MULTILINE,
)


def told_by_tcpdump(text: str) -> list[dict]:
    told = []
    for match in TCPDUMP.finditer(text):
        seconds = int(match["interval"]) / (100 if match["unit"] == "cs" else 1)
        told.append(
            {
                "time": datetime.fromisoformat(match["time"] + "+00:00").timestamp(),
                "source": match["source"],
                "destination": match["destination"],
                "ttl": int(match["ttl"] or match["hlim"]),
                "version": int(match["version"]),
                "type": 1,
                "vrid": int(match["vrid"]),
                "priority": int(match["priority"]),
                "interval": seconds,
                "auth": match["auth"] or "none",
                "addresses": match["addresses"].split(","),
                "length": int(match["length"]),
                "problems": [],
            }
        )
    return told


@needs_shared
def test_tcpdumps_capture_is_read_as_tcpdump_reads_it():
    told = told_by_tcpdump((SHARED / "vrrp-v.out").read_text())
    lines = objects(SHARED / "vrrp.pcap")
    assert len(told) == len(lines) == 165
    assert [{key: line[key] for key in expected} for line, expected in zip(lines, told, strict=True)] == told
    assert {line["checksum"] for line in lines} <= {"message", "pseudo-header"}
    assert [line.split()[1:3] for line in (SHARED / "vrrp.out").read_text().splitlines()] == [
        datetime.fromtimestamp(line["time"]).strftime("%Y-%m-%d %H:%M:%S.%f").split() for line in lines
    ]


@needs_shared
def test_the_passwords_are_tcpdumps_too():
    passwords = re.findall(r'auth "(.*)"', (SHARED / "vrrp-v.out").read_text())
    _, lines = watch(SHARED / "vrrp.pcap", verbose=True)
    assert re.findall(r'auth simple "(.*)"', "\n".join(lines)) == passwords != []


@needs_shared
@pytest.mark.parametrize(("name", "count"), [("vrrp-vrrp_print-oobr", 3), ("vrrp-vrrp_print-oobr-2", 10)])
def test_captures_made_to_break_readers_are_lines_with_reasons(name, count, capsys):
    lines = objects(SHARED / f"{name}.pcap")
    assert len(lines) == count
    assert all(line["problems"] for line in lines)
    assert len(watch(SHARED / f"{name}.pcap", hexdump=True, verbose=True)[1]) > 3 * count
    assert capsys.readouterr().err == ""


# Not those made to break readers, where tshark leaves fields out.
VALID = [SHARED / "vrrp.pcap", *sorted((SHARED / "recorded").glob("[kf]*.pcap"))]


@pytest.mark.slow
@needs_shared
@pytest.mark.skipif(not tshark.INSTALLED, reason="tshark is not installed")
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_tshark_sees_the_same_fields(path):
    assert tshark.compare(path) > 0


@pytest.fixture
def story(tmp_path):
    """Three adverts alike, one at another priority, and two like the first: a second apart, in microseconds."""
    path = tmp_path / "story.pcap"
    other = bytearray(GOOD)
    other[36], other[40:42] = 90, b"\x7e\xd8"  # the priority, and the checksum that goes with it
    with path.open("wb") as stream:
        writer = CaptureWriter(stream)
        for number, frame in enumerate([GOOD, GOOD, GOOD, bytes(other), GOOD, GOOD]):
            writer.write(CapturedFrame(THEN + number * 1_500_000_000, frame))
    return path


@pytest.mark.parametrize("options", [{"changes": True}, {"filter": ("change",)}])
def test_only_what_changed_is_shown(story, options):
    assert [one["priority"] for one in objects(story, **options)] == [100, 90, 100]


def test_changes_and_a_filter_are_both_asked(story):
    assert objects(story, changes=True, filter=("vrid", "52", "or", "bad")) == []


def test_verbose_lines_say_what_the_speaker_changed(story):
    _, lines = watch(story, verbose=True)
    assert [line.strip() for line in lines if "changed:" in line] == [
        "changed: priority 100 -> 90",
        "changed: priority 90 -> 100",
    ]


@pytest.mark.parametrize(
    ("mode", "times"),
    [
        ("absolute", ["01:40:12.102331", "01:40:13.602331", "01:40:15.102331"]),
        ("delta", ["0.000000", "1.500000", "1.500000"]),
        ("relative", ["0.000000", "1.500000", "3.000000"]),
        ("epoch", ["1763775612.102331", "1763775613.602331", "1763775615.102331"]),
    ],
)
def test_the_time_before_a_line_is_told_in_the_mode_asked_for(story, mode, times):
    _, lines = watch(story, times=mode, count=3)
    assert [line.split()[0] for line in lines] == times
