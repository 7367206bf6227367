"""Capture files: every format read alike, damage told in one line after what was whole, and others read ours."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.capture_bytes import (
    ETHERNET,
    IPV4,
    block,
    enhanced,
    interface,
    pcap,
    section,
    simple,
)
from vrrptui.engine.capture.pcap import CapturedFrame, CaptureError, CaptureWriter, read_capture

SECOND = 10**9
THEN = 1_763_775_612_102_331_000


@pytest.fixture
def file(tmp_path):
    def write(data: bytes) -> str:
        path = tmp_path / "capture"
        path.write_bytes(data)
        return str(path)

    return write


def read_all(path: str) -> tuple[list[CapturedFrame], str | None]:
    """The frames, and how the reading ended."""
    frames = []
    try:
        for frame in read_capture(path):
            frames.append(frame)
    except CaptureError as error:
        return frames, str(error)
    return frames, None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("unit_ns", [1, 1000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_pcap_is_read_in_either_order_and_unit(file, order, unit_ns, pack):
    frames, error = read_all(
        file(pack(pcap([(THEN, ETHERNET), (THEN + SECOND, ETHERNET)], order=order, unit_ns=unit_ns)))
    )
    assert error is None
    assert [(frame.time_ns, frame.data) for frame in frames] == [(THEN, ETHERNET), (THEN + SECOND, ETHERNET)]


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_names_its_interfaces_and_keeps_their_clocks(file, order):
    data = section(order)
    data += interface(b"eth0", order=order)
    data += interface(b"eth1", order=order, resolution=9)
    data += interface(order=order, resolution=0x80 | 10, offset_s=100)
    data += block(0x0BAD, b"unknown blocks are skipped!!", order)
    data += enhanced(THEN // 1000, ETHERNET, order=order, number=0)
    data += enhanced(THEN + 1, ETHERNET, order=order, number=1)
    data += enhanced(5 * 1024 + 512, ETHERNET, order=order, number=2)
    frames, error = read_all(file(data))
    assert error is None
    assert [(frame.interface, frame.time_ns) for frame in frames] == [
        ("eth0", THEN),
        ("eth1", THEN + 1),
        (None, 105 * SECOND + SECOND // 2),
    ]
    assert {frame.data for frame in frames} == {ETHERNET}


def test_a_new_section_has_its_own_order_and_interfaces(file):
    data = section("<") + interface(b"eth0") + enhanced(1, ETHERNET)
    data += section(">") + interface(b"wan", order=">") + enhanced(2, ETHERNET, order=">")
    frames, error = read_all(file(data))
    assert error is None
    assert [(frame.interface, frame.time_ns) for frame in frames] == [("eth0", 1000), ("wan", 2000)]


def test_a_simple_packet_has_the_time_before_and_the_snaplen(file):
    data = section() + interface(snaplen=60) + enhanced(7, ETHERNET) + simple(ETHERNET) + simple(bytes(100))
    frames, error = read_all(file(data))
    assert error is None
    assert [(frame.time_ns, len(frame.data), frame.original_length) for frame in frames] == [
        (7000, len(ETHERNET), len(ETHERNET)),
        (7000, len(ETHERNET), len(ETHERNET)),
        (7000, 60, 100),
    ]


def test_an_interface_name_is_made_plain(file):
    ((frame,), _) = read_all(file(section() + interface(b"\x1b[2Jeth0\n") + enhanced(0, ETHERNET)))
    assert frame.interface == "\\x1b[2Jeth0\\n"


WHOLE_PCAP = pcap([(THEN, ETHERNET), (THEN, ETHERNET)])
WHOLE_PCAPNG = section() + interface(b"eth0") + enhanced(0, ETHERNET) + enhanced(0, ETHERNET)


@pytest.mark.parametrize(("data", "ends"), [(WHOLE_PCAP, 3), (WHOLE_PCAPNG, 4)], ids=["pcap", "pcapng"])
def test_a_file_cut_anywhere_gives_what_is_whole_and_one_error(file, data, ends):
    good = 0
    for end in range(len(data) + 1):
        frames, error = read_all(file(data[:end]))
        assert all(frame.data == ETHERNET for frame in frames)
        assert error is None or "\n" not in error
        good += error is None
    assert good == ends  # only between records or blocks, and whole


def test_a_cut_gzip_file_gives_what_is_whole_and_one_error(file):
    data = gzip.compress(pcap([(n, bytes([n % 251]) * 60) for n in range(2000)]))
    frames, error = read_all(file(data[: len(data) // 2]))
    assert 0 < len(frames) < 2000
    assert error is not None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "neither", id="empty"),
        pytest.param(b"hello, world", "neither", id="text"),
        pytest.param(b"\x1f\x8b", "", id="gzip of nothing"),
        pytest.param(gzip.compress(b"hello, world"), "neither", id="gzip of text"),
        pytest.param(pcap([], link_type=147), "link type 147", id="an unknown link type"),
        pytest.param(pcap([(0, b"", 0xFFFFFFFF)]), "record of 4294967295 bytes", id="a huge record"),
        pytest.param(section()[:8] + bytes(20), "byte order", id="a section without byte order"),
        pytest.param(section() + struct.pack("<II", 6, 0), "block of 0 bytes", id="a block that would never end"),
        pytest.param(section() + struct.pack("<II", 6, 0xFFFFFFFC), "block of", id="a huge block"),
        pytest.param(section() + struct.pack("<II", 6, 13), "block of 13", id="a block of odd length"),
        pytest.param(section() + enhanced(0, ETHERNET), "not described", id="a packet of no interface"),
        pytest.param(section() + interface() + block(6, bytes(4)), "too short", id="a short packet block"),
        pytest.param(section() + block(1, b""), "too short", id="a short interface block"),
        pytest.param(
            section() + interface() + block(6, struct.pack("<IIIII", 0, 0, 0, 99, 99)),
            "99 bytes",
            id="a packet beyond its block",
        ),
    ],
)
def test_damage_is_told_in_one_line(file, data, why):
    frames, error = read_all(file(data))
    assert frames == []
    assert error is not None
    assert why in error
    assert "\n" not in error


def test_a_missing_file_is_told():
    assert read_all("/nonexistent/capture") == ([], "No such file or directory")


def test_interfaces_are_bounded(file):
    _, error = read_all(file(section() + interface() * 5000))
    assert "more than 4096 interfaces" in error


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([WHOLE_PCAP, WHOLE_PCAPNG, gzip.compress(WHOLE_PCAP)]), st.data())
def test_a_file_with_changed_bytes_is_survived(file, data, draw):
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data) - 1))
        data = data[:at] + draw.draw(st.binary(min_size=1, max_size=4)) + data[at + 1 :]
    frames, error = read_all(file(data))
    assert len(frames) <= 2
    assert error is None or "\n" not in error


def test_what_is_written_is_read_back():
    out = io.BytesIO()
    writer = CaptureWriter(out)
    writer.write(CapturedFrame(THEN + 7, ETHERNET))
    writer.write(CapturedFrame(THEN + 8, ETHERNET, vlan=10))
    path_data = out.getvalue()
    assert path_data.startswith(struct.pack("<I", 0xA1B23C4D))
    tagged = ETHERNET[:12] + b"\x81\x00\x00\x0a" + ETHERNET[12:]
    assert path_data[24:] == pcap([(THEN + 7, ETHERNET), (THEN + 8, tagged)], unit_ns=1)[24:]


def test_one_file_holds_one_link_type():
    writer = CaptureWriter(io.BytesIO())
    with pytest.raises(CaptureError, match="one link type"):
        writer.write(CapturedFrame(0, IPV4, link_type=101))


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("tcpdump", ["-nt", "-r"]), ("tshark", ["-n", "-r"])],
)
def test_others_read_what_we_write(tmp_path, program, arguments):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    path = tmp_path / "ours.pcap"
    with path.open("wb") as stream:
        CaptureWriter(stream).write(CapturedFrame(THEN, ETHERNET, vlan=10))
    done = subprocess.run([program, *arguments, path], capture_output=True, text=True, timeout=60)
    assert "10.0.0.2" in done.stdout
    assert "VRRP" in done.stdout
