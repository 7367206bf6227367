"""Several routers' files against each other: what does not fit is said, and what fits is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.config_texts import AUTH, IPV6, instance, script
from vrrptui.config.lint.peers import compare
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Configuration

FIRST = "priority 150"
TRACK = "track_script {\nchk\n}"


def peer(host: int) -> str:
    return f"unicast_peer {{\n10.0.0.{host}\n}}"


def said(folder: Path, *texts: str) -> list[str]:
    """The codes that `compare` has for files with these texts, each with the number of its file."""
    configurations: list[Configuration] = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.conf"
        path.write_text(text)
        configuration = load(str(path)).configuration
        assert configuration is not None, [str(finding) for finding in load(str(path)).findings]
        configurations.append(configuration)
    return [f"{finding.code} {number}" for number, finding in compare(configurations)]


@pytest.mark.parametrize(
    "one, other",
    [
        ((), (FIRST,)),
        ((AUTH,), (AUTH, FIRST)),
        ((IPV6,), (IPV6, FIRST)),
        (("interface ens1",), (FIRST,)),
        (("priority 255",), ("priority 254",)),
        (("unicast_src_ip 10.0.0.1", peer(2)), ("unicast_src_ip 10.0.0.2", peer(1), FIRST)),
        (("version 3", "advert_int 0.1"), ("version 3", "advert_int 0.1", FIRST)),
    ],
)  # fmt: skip
def test_what_fits_is_not_spoken_of(tmp_path: Path, one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert said(tmp_path, instance(*one), instance(*other, name="VI_other")) == []


@pytest.mark.parametrize(
    "one, other, codes",
    [
        ((), ("version 3", FIRST), ["version-differs 1"]),
        ((), ("advert_int 2", FIRST), ["interval-differs 1"]),
        ((), ("virtual_ipaddress {\n10.0.0.101\n}", FIRST), ["addresses-differ 1"]),
        ((), (AUTH, FIRST), ["auth-differs 1"]),
        ((AUTH,), (AUTH.replace("secret", "Secret"), FIRST), ["auth-differs 1"]),
        ((), ("unicast_peer {\n10.0.0.1\n}", FIRST), ["unicast-differs 1"]),
        (("unicast_src_ip 10.0.0.1", peer(2)), (peer(3), FIRST), ["peer-missing 1"]),
        ((peer(3),), ("unicast_src_ip 10.0.0.2", peer(1), FIRST), ["peer-missing 1"]),
        ((), ("mcast_dst_ip 224.0.0.99", FIRST), ["group-differs 1"]),
        (("version 3",), ("version 3", "v3_checksum_as_v2", FIRST), ["checksum-differs 1"]),
        ((), ("down_timer_adverts 4", FIRST), ["down-timer-differs 1"]),
        ((), (), ["same-priority 1"]),
        ((), ("priority 101",), ["skew-too-close 1"]),  # of version 2, 3.9 ms apart
        ((), ("priority 102",), []),
        (("version 3", "advert_int 0.4"), ("version 3", "advert_int 0.4", "priority 101"), ["skew-too-close 1"]),
        (("version 3", "advert_int 0.1"), ("version 3", "advert_int 0.1", "priority 105"), ["skew-too-close 1"]),
        (("priority 255",), ("priority 255",), ["two-owners 1"]),
        ((), ("virtual_router_id 52", FIRST), ["vrid-differs 1", "no-peer 0", "no-peer 1"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_at_the_later_file(
    tmp_path: Path, one: tuple[str, ...], other: tuple[str, ...], codes: list[str]
) -> None:
    assert sorted(said(tmp_path, instance(*one), instance(*other))) == sorted(codes)


@pytest.mark.parametrize(
    "weight, own, peer, reached",
    [
        (-30, 150, 100, False),
        (-50, 150, 100, True),  # a tie: the higher address decides
        (-51, 150, 100, True),
        (30, 150, 100, False),
        (60, 110, 150, True),
        (10, 110, 150, False),
        (-253, 254, 100, True),
    ],
)
def test_weights_that_never_change_the_winner_are_told(
    tmp_path: Path, weight: int, own: int, peer: int, reached: bool
) -> None:
    weighted = script(f"weight {weight}") + instance(f"priority {own}", TRACK)
    codes = said(tmp_path, weighted, instance(f"priority {peer}"))
    assert [code.split()[0] for code in codes] == ([] if reached else ["weight-too-small"])


def test_a_tracked_file_may_move_a_priority_to_anywhere(tmp_path: Path) -> None:
    weighted = "track_file F {\nfile /f\n}\n" + instance("priority 250", "track_file {\nF\n}")
    assert said(tmp_path, weighted, instance("priority 50")) == []


def test_a_password_is_not_repeated(tmp_path: Path) -> None:
    for number, password in enumerate(("geheim", "secret")):
        (tmp_path / f"{number}.conf").write_text(
            instance(AUTH.replace("secret", password), f"priority {9 + 90 * number}")
        )
    configurations = [load(str(tmp_path / f"{number}.conf")).configuration for number in (0, 1)]
    findings = [str(finding) for _, finding in compare([c for c in configurations if c])]
    assert len(findings) == 1
    assert "geheim" not in findings[0]
    assert "secret" not in findings[0]


def test_a_file_by_itself_fits(tmp_path: Path) -> None:
    assert said(tmp_path, instance()) == []
