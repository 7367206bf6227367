"""Adverts written to a file: what tcpdump and tshark read in it, and what happens when it cannot be written."""

import os
import shutil
import subprocess

import pytest
from textual.widgets import Button, Input

from tests.console import world
from tests.console.test_packet_pane import open_adverts
from tests.rights import needs_tcpdump_to_run
from vrrptui.client.advert_log import AdvertRing
from vrrptui.console.dialogs.write_pcap import WriteDialog
from vrrptui.console.files import pcap
from vrrptui.protocol.link.pcap_record import tagged


def ring_of(*spoken):
    ring = AdvertRing()
    ring.take(world.adverts_told(spoken))
    return list(ring)


async def ask(played, name):
    """Open the dialog and type a file's name."""
    await played.press("w")
    dialog = played.app.screen
    assert isinstance(dialog, WriteDialog)
    dialog.query_one("#file", Input).value = str(name)
    await played.pilot.pause()
    return dialog


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
async def test_tcpdump_reads_what_the_filter_shows(play, tmp_path):
    needs_tcpdump_to_run()
    path = tmp_path / "some.pcap"
    async with play() as played:
        await open_adverts(played)
        await played.press("slash", *"vrid", "space", *"12", "enter")
        await ask(played, path)
        await played.press("enter")
        await played.until(lambda: any("2 adverts in" in note.message for note in played.app._notifications))
    lines = run("tcpdump", "-ttt", "-vnr", str(path)).stdout
    assert lines.count("VRRPv3") == 2
    assert "vrid 12, prio 150" in lines.replace("\n", " ")
    assert "bad" not in lines
    assert "00:00:00.630000" in lines  # between the two


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_the_tag_the_time_and_the_bytes(tmp_path):
    path = tmp_path / "tagged.pcap"
    adverts = ring_of(world.advert(0), world.advert(2, vlan=20, source="fe80::21", addresses=["fe80::1"]))
    assert pcap.write(path, adverts) == path.stat().st_size
    fields = ["frame.time_epoch", "vlan.id", "vrrp.virt_rtr_id", "_ws.malformed"]
    command = ["tshark", "-nr", str(path), "-Tfields", *(word for field in fields for word in ("-e", field))]
    rows = [line.split("\t") for line in run(*command).stdout.splitlines()]
    assert [row[1:] for row in rows] == [["", "51", ""], ["20", "51", ""]]
    assert [float(row[0]) for row in rows] == pytest.approx([one.time for one in adverts], abs=1e-6)


def test_a_tag_taken_off_is_put_back_before_one_still_there(tmp_path):
    """Of two tags (802.1ad) the kernel takes off the outer one; the engine names it as the advert's VLAN."""
    (advert,) = ring_of(world.advert(0, vlan=100))
    inner = tagged(advert.frame, 20)
    pcap.write(tmp_path / "q.pcap", [type(advert)(1, advert.kept._replace(frame=inner))])
    assert (tmp_path / "q.pcap").read_bytes()[40 + 12 : 40 + 20] == b"\x81\x00\x00\x64\x81\x00\x00\x14"
    (whole,) = ring_of(world.advert(0, vlan=20))
    pcap.write(tmp_path / "w.pcap", [type(whole)(1, whole.kept._replace(frame=inner))])
    assert (tmp_path / "w.pcap").read_bytes()[40:] == inner


async def test_the_marked_ones_alone_can_be_written(play, tmp_path):
    async with play() as played:
        screen = await open_adverts(played)
        await played.press("m", "up", "up", "m")
        dialog = await ask(played, tmp_path / "marked.pcap")
        dialog.query_one("#which", Button).press()
        await played.pilot.pause()
        assert "the 2 marked" in played.text()
        dialog.query_one("#confirm", Button).press()
        await played.until(lambda: (tmp_path / "marked.pcap").exists() and played.app.screen is screen)
    assert (tmp_path / "marked.pcap").stat().st_size == 24 + 2 * (16 + 50)


async def test_another_file_is_overwritten_only_when_told_so(play, tmp_path):
    path = tmp_path / "there.pcap"
    path.write_text("precious")
    async with play() as played:
        await open_adverts(played)
        dialog = await ask(played, path)
        for _ in range(2):  # enter in the name never overwrites
            dialog.query_one("#file", Input).focus()
            await played.press("enter")
            await played.until(lambda: "file exists" in played.text())
            assert played.app.focused.id == "cancel"
            assert path.read_text() == "precious"
        dialog.query_one("#file", Input).value = str(path) + "2"
        await played.pilot.pause()
        assert str(dialog.query_one("#confirm", Button).label) == "Write"
        dialog.query_one("#file", Input).value = str(path)
        await played.until(lambda: str(dialog.query_one("#confirm", Button).label) == "Overwrite")
        dialog.query_one("#confirm", Button).press()
        await played.until(lambda: played.app.screen is not dialog)
    tag = 4  # of the one that has a VLAN
    assert path.stat().st_size == 24 + 16 * 40 + tag + sum(len(one.frame) for one in world.adverts())
    assert list(tmp_path.glob(".there*")) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "a file needs a name"),
        ("{}/none/x.pcap", "directory does not exist"),
        ("{}", "file exists"),
        ("~nobody-of-that-name/x.pcap", "home"),
        ("{}/" + "x" * 300, "File name too long"),
    ],
)
async def test_what_cannot_be_written_is_one_line_and_disturbs_nothing(play, tmp_path, name, why):
    async with play(size=(120, 36)) as played:
        screen = await open_adverts(played)
        dialog = await ask(played, name.format(tmp_path))
        await played.press("enter")
        await played.until(lambda: why in dialog._complaint)
        assert "\n" not in dialog._complaint
        await played.press("escape")
        assert played.app.screen is screen
    assert list(tmp_path.glob("*.pcap")) == []


def test_a_directory_or_device_is_never_replaced(tmp_path):
    with pytest.raises(pcap.WriteError, match="is not a file"):
        pcap.write(tmp_path, ring_of(world.advert(0)), overwrite=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: mounts a file system of 8 kB")
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_leaves_no_half_of_a_file(tmp_path, overwrite):
    disk = tmp_path / "disk"
    disk.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk))
    try:
        if overwrite:
            (disk / "x.pcap").write_text("old")
        with pytest.raises(pcap.WriteError, match=r"x\.pcap: No space left on device"):
            pcap.write(disk / "x.pcap", ring_of(*[world.advert(n) for n in range(500)]), overwrite=overwrite)
        assert [path.read_text() for path in disk.iterdir()] == ["old"] * overwrite
    finally:
        run("umount", str(disk))


def test_a_file_holds_one_link_type(tmp_path):
    one, other = ring_of(world.advert(0), world.advert(1))
    said = other.kept.said.replace(b'"link_type":1', b'"link_type":113')
    mixed = [one, type(other)(2, other.kept._replace(said=said))]
    with pytest.raises(pcap.WriteError, match="one link type"):
        pcap.write(tmp_path / "x.pcap", mixed)
