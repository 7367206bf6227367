"""How fast capture files are read: vrrptui beside tcpdump, tshark and scapy, in one run, on the same files.

The steady file is what a healthy segment says for long: 255 groups, one router each. The mixed file, made by a
generator beside the checkout where there is one, has routers that change version, password and interval all the time.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from ipaddress import IPv4Address
from pathlib import Path

from tests.bench.figures import Sheet
from vrrptui.engine.capture.pcap import CapturedFrame, CaptureWriter
from vrrptui.protocol.advert import NS_PER_SECOND, PROTOCOL_VRRP, TTL, Family, virtual_mac
from vrrptui.protocol.checksum import ones_complement
from vrrptui.protocol.codec import encode_v2

ADVERTS = 1_000_000
ROUNDS = 3
SCAPY_SHARE = 50  # scapy reads one part in so many
GENERATOR = Path(__file__).parents[3] / "shared" / "bench" / "gen_pcap.py"
VRRPTUI = [sys.executable, "-m", "vrrptui"]
FIELDS = ["ip.src", "vrrp.virt_rtr_id", "vrrp.prio", "vrrp.adver_int"]
READERS = {  # the yardsticks first
    "tcpdump -nr": ["tcpdump", "-nr"],
    "tshark -n -r": ["tshark", "-n", "-r"],
    "tshark -T fields": ["tshark", "-n", "-T", "fields", *(word for f in FIELDS for word in ("-e", f)), "-r"],
    "vrrptui groups -r": [*VRRPTUI, "groups", "-r"],
    "vrrptui watch -r": [*VRRPTUI, "watch", "-r"],
    "vrrptui watch --json -r": [*VRRPTUI, "watch", "--json", "-r"],
}
COMPARED = {  # what is asked of each of ours: the yardstick, and how many times its rate
    "vrrptui groups -r": ("tcpdump -nr", 1.4),
    "vrrptui watch -r": ("tshark -n -r", 1.0),
    "vrrptui watch --json -r": ("tshark -T fields", 3.0),
}


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"steady": Path(folder) / "steady.pcap"}
        write_steady(files["steady"], ADVERTS)
        if GENERATOR.is_file():
            files["mixed"] = Path(folder) / "mixed.pcap"
            subprocess.run([sys.executable, GENERATOR, files["mixed"], str(ADVERTS)], check=True, capture_output=True)
        for name, file in files.items():
            _measure(name, file)


def write_steady(file: Path, count: int) -> None:
    """`count` adverts of 255 routers, each once a second."""
    frames = [_frame(vrid) for vrid in range(1, 256)]
    with file.open("wb") as stream:
        writer = CaptureWriter(stream)
        for number in range(count):
            second, vrid = divmod(number, len(frames))
            data = bytearray(frames[vrid])
            data[18:20] = (number & 0xFFFF).to_bytes(2, "big")  # the IP identification, as a router counts it
            data[24:26] = ones_complement(data[14:24] + data[26:34]).to_bytes(2, "big")
            writer.write(CapturedFrame(second * NS_PER_SECOND + vrid * 3_000_000, bytes(data)))


def _frame(vrid: int) -> bytes:
    message = encode_v2(vrid, 100, NS_PER_SECOND, (IPv4Address(f"10.1.{vrid}.1"),))
    head = bytes.fromhex("45c0") + (20 + len(message)).to_bytes(2, "big") + bytes(4) + bytes((TTL, PROTOCOL_VRRP, 0, 0))
    packet = head + IPv4Address(f"10.0.0.{vrid}").packed + Family.IPV4.group.packed + message
    return bytes.fromhex("01005e000012") + virtual_mac(Family.IPV4, vrid) + bytes.fromhex("0800") + packet


def _measure(name: str, file: Path) -> None:
    readers = {reader: command for reader, command in READERS.items() if _is_there(command)}
    times: dict[str, list[float]] = {reader: [] for reader in readers}
    for _ in range(ROUNDS):  # all readers in each round, so that what else the machine does falls on all
        for reader, command in readers.items():
            times[reader].append(_time_s(command, file))
    rates = {reader: ADVERTS / statistics.median(taken) for reader, taken in times.items()}
    rates["scapy PcapReader"] = _scapy_rate(file)
    title = f"Reading the {name} capture of {ADVERTS:,} adverts: a second of processor time, median of {ROUNDS}"
    sheet = Sheet(title, "reader", "adverts", "compared with", "ratio", "goal")
    for reader, rate in rates.items():
        peer, goal = COMPARED.get(reader, ("", 0.0))
        ratio = f"{rate / rates[peer]:.2f}" if peer in rates else ""
        sheet.add(reader, f"{rate:,.0f}", peer, ratio, goal if ratio else "")
    sheet.end()


def _is_there(command: list[str]) -> bool:
    return shutil.which(command[0]) is not None


def _time_s(command: list[str], file: Path) -> float:
    began = _processor_s()
    subprocess.run([*command, str(file)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _processor_s() - began


def _processor_s() -> float:
    """Processor time of all programs that have ended: what else runs on the machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _scapy_rate(file: Path) -> float:
    code = (
        "import itertools, sys\nfrom scapy.utils import PcapReader\nimport scapy.layers.vrrp\n"
        f"for packet in itertools.islice(PcapReader(sys.argv[1]), {ADVERTS // SCAPY_SHARE}): pass"
    )
    began = _processor_s()
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, stderr=subprocess.DEVNULL)
    return ADVERTS / SCAPY_SHARE / (_processor_s() - began)
