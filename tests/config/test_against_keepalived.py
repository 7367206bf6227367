"""The same verdict as keepalived's own check, over configurations made here from every keyword that is run.

The verdict is whether there is anything to say. Where the two differ on purpose, the difference is in a table below
with its reason; docs/compatibility.md says the same to users.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.config.config_texts import AUTH, IPV6, instance, script, without
from tests.config.test_real_files import PUBLIC, SAMPLES
from tests.rights import needs_host_root
from vrrptui.config.keywords import unsupported
from vrrptui.config.load import load

GLOBAL = {
    "router_id": ["a", ""],
    "vrrp_version": ["2", "3", "4", "x"],
    "script_user": ["root", "root root", ""],
    "enable_script_security": [""],
    "vrrp_garp_master_delay": ["0", "10", "1.5", "x"],
    "vrrp_garp_master_repeat": ["0", "1", "9999999999"],
    "vrrp_garp_master_refresh": ["0", "60", "x"],
    "vrrp_garp_master_refresh_repeat": ["0", "2"],
    "vrrp_lower_prio_no_advert": ["", "true", "no", "x"],
    "vrrp_notify_priority_changes": ["", "on", "x"],
    "fifo_write_vrrp_states_on_reload": [""],
    "notify_fifo": ["/f", "/f root", "/f root root"],
    "vrrp_notify_fifo": ["/f", "/f root"],
    "notification_email": ["{\na@b.c\nd@e.f\n}"],
    "notification_email_from": ["a@b.c"],
    "smtp_server": ["10.0.0.1", "10.0.0.1 2525", "fe80::1"],
    "smtp_connect_timeout": ["5", "0.5"],
    "smtp_helo_name": ["h"],
    "no_email_faults": [""],
    "startup_script": ["/bin/true", '"/bin/true a"', "/bin/true root", ""],
    "shutdown_script": ["/bin/true", '"/bin/true a" root'],
    "startup_script_timeout": ["1", "1000", "0", "1001", "x"],
    "nonsense": [""],
}
SCRIPT = {
    "interval": ["1", "4294", "0", "x", "4295", ""],
    "timeout": ["1", "0", "x"],
    "rise": ["1", "2147483647", "0", "x", "9999999999"],
    "fall": ["3", "0", "-1"],
    "weight": ["0", "253", "-253", "254", "-254", "x", ""],
    "user": ["root", "root root"],
    "init_fail": [""],
    "nonsense": [""],
}
INSTANCE = {
    "state": ["BACKUP", "master", ""],
    "interface": ["eth1", "eth0123456789abcdef", ""],
    "virtual_router_id": ["1", "255", "0", "256", "x", "-1", "1.5", ""],
    "priority": ["1", "254", "255", "0", "256", "x", "-1", "1.5", "010", "+10", "0x10", ""],
    "advert_int": ["1", "255", "1.0", "01", "0", "0.5", "1.5", "256", "x", "1s", "1e0", ""],
    "version": ["2", "3", "1", "4", "x"],
    "preempt": [""],
    "nopreempt": [""],
    "preempt_delay": ["0", "1.5", "1000", "1001", "-1", "x"],
    "accept": [""],
    "lower_prio_no_advert": ["", "yes", "off", "x"],
    "garp_master_delay": ["0", "10", "4295", "x", ""],
    "garp_master_repeat": ["1", "0", "x"],
    "garp_master_refresh": ["0", "60", "x"],
    "garp_master_refresh_repeat": ["1", "0"],
    "mcast_src_ip": ["10.0.0.1", "fe80::1", "x", ""],
    "unicast_src_ip": ["10.0.0.1", "x"],
    "nonsense": ["", "1 2", "{\n}"],
    "notify_master": ["/bin/true", '"/bin/true a b"', ""],
    "notify": ["/bin/true"],
    "notify_deleted": ["", "/bin/true", '"/bin/true a"'],
    "notify_master_rx_lower_pri": ["/bin/true", ""],
    "notify_priority_changes": ["", "on", "no", "x"],
    "authentication": [
        "{\nauth_type PASS\nauth_pass abc\n}",
        "{\nauth_type PASS\nauth_pass 12345678\n}",
        '{\nauth_type PASS\nauth_pass "a # b"\n}',
        "{\nauth_type PASS\nauth_pass 123456789\n}",
        "{\nauth_type PASS\n}",
        "{\nauth_type PASS\nauth_pass\n}",
        "{\nauth_type FOO\nauth_pass abc\n}",
        "{\nnonsense\n}",
        "{\n}",
    ],
    "unicast_peer": ["{\n10.0.0.2\n}", "{\n10.0.0.2\n10.0.0.3\n}", "{\nx\n}", "{\nfe80::2\n}", "{\n}"],
    "track_interface": [
        "{\neth1\n}",
        "{\neth1 weight 10\n}",
        "{\neth1 weight 254\n}",
        "{\neth1 weight\n}",
        "{\neth1 foo\n}",
        "{\neth1\neth1\n}",
    ],
    "track_script": [
        "{\nchk\n}",
        "{\nchk weight 5\n}",
        "{\nchk weight 254\n}",
        "{\nchk weight x\n}",
        "{\nchk weight\n}",
        "{\nchk foo\n}",
        "{\nnope\n}",
        "{\nchk\nchk\n}",
    ],
    "virtual_ipaddress": [
        f"{{\n{address}\n}}"
        for address in [
            *("10.0.0.9", "10.0.0.9/24", "10.0.0.9/33", "10.0.0.300", "10.0.0", "x", "010.0.0.1", "10.0.0.9-10"),
            *("10.0.0.9/24 dev eth1", "10.0.0.9 dev", "10.0.0.9 label eth0:1", "10.0.0.9 label eth0:abcdefghijk"),
            *("10.0.0.9/24 brd 10.0.0.255", "10.0.0.9/24 brd +", "10.0.0.9 brd x", "10.0.0.9 scope link"),
            *("10.0.0.9 scope 99", "10.0.0.9 scope foo", "10.0.0.9 scope 300", "10.0.0.9 foo", "10.0.0.9 10.0.0.8"),
            *("fe80::9", "fe80::9/64", "fe80::9/129", "fe80::9 label eth0:1", "fe80::9 brd 10.0.0.255"),
            *("fe80::9\n2001:db8::9", "10.0.0.9\nfe80::9", "fe80::9\n10.0.0.9", ""),
        ]
    ],
    "virtual_ipaddress_excluded": ["{\n10.0.0.9\n}", "{\nfe80::9\n}", "{\nx\n}"],
}
# Keywords that are read and not run yet: vrrptui speaks of them in any case, so only bad values tell something.
BAD = {
    "unicast_ttl": ["256", "x", ""],
    "down_timer_adverts": ["0", "101", "x"],
    "garp_lower_prio_delay": ["x"],
    "garp_extra_if": ["86401", "all", "x"],
    "kernel_rx_buf_size": ["", "x"],
    "debug": ["5", ""],
    "smtp_alert": ["x"],
    "skip_check_adv_addr": ["x"],
    "use_vmac": ["a b c", "abcdefghijklmnopq"],
    "old_unicast_checksum": ["x"],
    "mcast_dst_ip": ["10.0.0.9", "ff02::99", "x"],
    "unicast_peer": [
        "{\n10.0.0.7 max_ttl 256\n}",
        "{\n10.0.0.7 min_ttl 10 max_ttl 5\n}",
        "{\n10.0.0.7 foo\n}",
        "{\n10.0.0.7 min_ttl\n}",
    ],
    "virtual_routes": ["{\nx\n}"],
    "virtual_rules": ["{\nx\n}"],
    "track_file": ["{\nnope\n}"],
    "virtual_ipaddress_excluded": [
        "{\n10.0.0.10 peer x\n}",
        "{\n10.0.0.10 peer fe80::1\n}",
        "{\n10.0.0.10 preferred_lft x\n}",
        "{\nfe80::10 preferred_lft 4294967296\n}",
    ],
}
# Blocks outside of virtual routers; good and bad ones.
F, P = "/tmp/no_such_file", "process httpd"
SCOPES = {
    "track_file": [
        f"file {F}\nweight 255",
        "weight 5",
        f"file {F}\nweight x",
        f"file {F}\ninit_file x",
        f"file {F}\nfoo",
    ],
    "vrrp_track_process": [
        *("", f"{P}\nweight 255", f"{P}\nquorum 0", f"{P}\nquorum 65536", f"{P}\nquorum 5\nquorum_max 3"),
        *(f"{P}\ndelay 3601", f"{P} a\nparam_match foo", f"{P}\nfoo"),
    ],
    "vrrp_sync_group": [
        "group {\nVI_1\nnope\n}",
        "group {\nVI_1\n}",
        "group {\n}",
        "",
        "group {\nVI_1\nVI_1\n}",
        "group {\nVI_1\nVI_2\n}\nfoo",
        "group {\nVI_1\nVI_2\n}\nglobal_tracking",
        "group {\nVI_1\nVI_2\n}\nnotify_deleted",
        "group {\nVI_1\nVI_2\n}\ntrack_script {\nnope\n}",
    ],
    "garp_group": ["interface eth0", "gna_interval x\ninterface eth0"],
    "linkbeat_interfaces": ["eth0 FOO"],
    "interface_up_down_delays": ["eth0 256", "eth0 x"],
    "static_rules": ["from 10.0.0.0/24 table 1", "x"],
    "static_routes": ["x"],
    "static_ipaddress": ["x"],
}
BAD_GLOBALS = {
    "vrrp_mcast_group4": ["10.0.0.1", "x"],
    "vrrp_startup_delay": ["x"],
    "vrrp_garp_interval": ["x"],
    "vrrp_notify_priority_changes": ["x"],
    "notify_fifo": [""],
    "smtp_server": ["10.0.0.1 x"],
    "smtp_connect_timeout": ["x", "0"],
    "smtp_alert": ["x"],
    "vrrp_rt_priority": ["0", "100", "x"],
    "vrrp_priority": ["-21", "20"],
    "min_auto_priority_delay": ["10000001"],
    "dynamic_interfaces": ["x"],
    "startup_script_timeout": ["1001"],
    "umask": ["x"],
    "random_seed": ["x"],
    "vrrp_rx_bufs_policy": ["x"],
    "vrrp_rx_bufs_multiplier": ["0"],
}
TOGETHER = {
    "nothing": "",
    "no vrid": without("virtual_router_id"),
    "no interface": without("interface"),
    "no address": without("virtual_ipaddress"),
    "master with a priority": instance("state MASTER", "priority 100"),
    "master nopreempt": instance("state MASTER", "priority 100", "nopreempt"),
    "owner nopreempt": instance("priority 255", "nopreempt"),
    "master preempt_delay": instance("state MASTER", "priority 100", "preempt_delay 5"),
    "nopreempt preempt_delay": instance("nopreempt", "preempt_delay 5"),
    "v3 0.01": instance("version 3", "advert_int 0.01"),
    "v3 40.95": instance("advert_int 40.95", "version 3"),
    "v3 40.96": instance("version 3", "advert_int 40.96"),
    "v3 0.015": instance("version 3", "advert_int 0.015"),
    "v3 authentication": instance("version 3", AUTH),
    "IPv6 authentication": instance(IPV6, AUTH),
    "same name": instance() + instance("virtual_router_id 52"),
    "same vrid": instance() + instance("virtual_ipaddress {\n10.0.0.101\n}", name="VI_2"),
    "same vrid, other family": instance() + instance(IPV6, name="VI_2"),
    "same vrid, other interface": instance() + instance("interface eth1", name="VI_2").replace(".100", ".101"),
    "same vrid, same peer": instance("unicast_peer {\n10.0.0.7\n}")
    + instance("unicast_peer {\n10.0.0.7\n}", name="VI_2").replace(".100", ".101"),
    "same vrid, other peer": instance("unicast_peer {\n10.0.0.7\n}")
    + instance("unicast_peer {\n10.0.0.8\n}", name="VI_2").replace(".100", ".101"),
    "script without a command": "vrrp_script chk {\ninterval 1\n}\n" + instance(),
    "globals after": instance("advert_int 0.5") + "global_defs {\nvrrp_version 3\n}\n",
    "one line": "vrrp_instance A { interface eth0 virtual_router_id 5 virtual_ipaddress { 10.0.0.9 } }\n",
    "braces on their own": instance().replace(" {", "\n{"),
    "braces glued": instance().replace(" {", "{").replace("/24\n}", "/24}"),
    "one } too many": instance() + "}\n",
    "one } too few": instance()[:-2],
    "a } too many between two": instance()
    + "}\n"
    + instance("virtual_router_id 52", name="VI_2").replace(".100", ".9"),
    "default6": instance(IPV6, "virtual_routes {\ndefault6 via fe80::7 dev eth0\n}"),
    "a rule from default6": instance(IPV6, "virtual_rules {\nfrom default6 table 7 priority 5\n}"),
    "same vrid, other multicast group": instance("mcast_dst_ip 224.0.0.20")
    + instance(name="VI_2").replace(".100", ".101"),
    "same vrid, same peer, other source": instance("unicast_src_ip 10.0.0.1", "unicast_peer {\n10.0.0.7\n}")
    + instance("unicast_src_ip 10.0.0.2", "unicast_peer {\n10.0.0.7\n}", name="VI_2").replace(".100", ".101"),
    "same vrid, unicast and multicast": instance("unicast_peer {\n10.0.0.7\n}")
    + instance(name="VI_2").replace(".100", ".101"),
    "one name for two virtual MACs": instance("use_vmac v")
    + instance("use_vmac v", "virtual_router_id 52", name="VI_2").replace(".100", ".101"),
    "use_vmac_addr alone": instance("use_vmac_addr", "virtual_ipaddress {\n10.0.0.100/24 dev eth1\n}"),
    "an address on two interfaces": instance("virtual_ipaddress {\n10.0.0.9\n10.0.0.9 dev eth1\n}"),
    "a link-local address on two interfaces": instance("virtual_ipaddress {\nfe80::1 dev eth0\nfe80::1 dev eth1\n}"),
    "a sequence to a variable": "$B=3\n" + instance("virtual_ipaddress {\n~SEQ(N, 1, $B) 10.0.0.${N}\n}"),
    "two track_group of one name": instance() + "track_group g {\ngroup {\nVI_1\n}\n}\n" * 2,
    "open quote": instance('notify_master "/bin/true'),
    "continued line": instance("priority \\", "100"),
    "comments": "# x\n! y\n" + instance("priority 100#x", "nopreempt ! y"),
    "carriage returns": instance().replace("\n", "\r\n"),
    "missing block": instance("track_interface x {\n}"),
    "unknown block": instance("foo {\nbar\n}"),
    "an owner's priority is not moved": (
        "global_defs {\nscript_user root\nenable_script_security\n}\n"
        + script("weight -5")
        + instance("priority 255", "track_script {\nchk\n}")
    ),
    "unknown scope": "foo bar {\nbaz\n}\n" + instance(),
}

SAFE = "global_defs {\nscript_user root\nenable_script_security\n}\n"
TRACKED_BLOCK = "track_script {\nchk\n}"
TRACKED = instance(TRACKED_BLOCK)

# Where vrrptui speaks up and keepalived 2.2.7 does not.
STRICTER = {
    "an address owner has to say so": instance("state MASTER"),
    "a password without a type is not used": instance("authentication {\nauth_pass abc\n}"),
    "a password ends at a comment sign": instance("authentication {\nauth_type PASS\nauth_pass a#b\n}"),
    "an escaped comment sign depends on the version": instance("notify_master /bin/a\\#b"),
    "the first IPv6 address is not link-local": instance("virtual_ipaddress {\n2001:db8::1\n}"),
    "IPv6 is not version 2": instance("version 2", IPV6),
    "an address twice": instance("virtual_ipaddress {\n10.0.0.9\n10.0.0.9\n}"),
    "an address in two virtual routers": instance() + instance("virtual_router_id 52", name="VI_2"),
    "no router holds this address": instance("virtual_ipaddress {\n224.0.0.1\n}"),
    "a second value": instance("priority 100 200"),
    "native_ipv6 is not needed": instance("native_ipv6", IPV6),
    "two scripts of one name": SAFE + script() + script() + TRACKED,
    "arguments outside of the quotes": SAFE + script("script /bin/true a b") + TRACKED,
    "a comment sign from a variable is a comment to 2.2.7 alone": instance("notify_master /bin/true${_HASH}b"),
    "a number by chance": instance("priority ${_RANDOM 1 9}"),
    "what is not run is said": instance("debug 2"),
    "a script without its FIFO": "global_defs {\nscript_user root\nnotify_fifo_script /bin/true\n}\n" + instance(),
    "two FIFOs of one name": "global_defs {\nnotify_fifo /a\nvrrp_notify_fifo /a\n}\n" + instance(),
    "mail to nobody": instance("smtp_alert"),
    "a block is missing": instance("track_interface"),
    "nobody takes over from a master whose priority falls": SAFE
    + script("weight -5")
    + instance("nopreempt", "track_script {\nchk\n}"),
    "a priority that is the highest already": SAFE + script("weight 5") + instance("priority 254", TRACKED_BLOCK),
    "addresses that answer nothing in strict mode": instance("strict_mode"),
    "a source that is no host": instance("mcast_src_ip 224.0.0.1"),
    "what vrrptui alone reads": "@vrrptui nonsense\n" + instance(),
}
# Where keepalived 2.2.7 speaks up and vrrptui does not.
MILDER = {
    "whether a user exists is found out when a script runs": SAFE + script("user nobody_at_all") + TRACKED,
    "whether a command exists is found out when it runs": SAFE + script("script /bin/no_such") + TRACKED,
    "whether an interface exists is found out when it is used": instance("track_interface {\nnone0\n}"),
    "a script may stand after what tracks it": SAFE + TRACKED + script(),
    "a keyword of later versions": instance("v3_checksum_as_v2"),
    "an interval below a second": SAFE + script("interval 0.25", "timeout 0.1") + TRACKED,
    "the device of a virtual MAC by name": instance("use_vmac name foo netlink_notify_msg"),
    "a long comment": "#" + "x" * 5000 + "\n" + instance(),
}
# Keywords of later versions of keepalived, or of one that is built otherwise.
NEWER = {
    *("auth_hmac", "no_virtual_ipaddress", "owner_ignore_adverts", "timer_expired_backup", "v3_checksum_as_v2"),
    *("json_dump_file", "json_version", "state_dump_file", "stats_dump_file", "thread_timer_expired", "vrrp_ipsets"),
    *("vrrp_delay_after_boot", "vrrp_owner_ignore_adverts", "dbus_no_interface_name"),
    *("use_symlink_paths", "set_supplementary_groups", "iproute_usr_dir", "iproute_etc_dir"),
    *("snmp_vs_stats_update_interval", "snmp_rs_stats_update_interval"),
}


def _everything() -> dict[str, str]:
    """Every configuration by a name."""
    texts = {f"together: {name}": text for name, text in TOGETHER.items()}
    for keyword, values in GLOBAL.items():
        texts |= {f"global: {keyword} {v}": f"global_defs {{\n{keyword} {v}\n}}\n" + instance() for v in values}
    for keyword, values in SCRIPT.items():
        texts |= {f"script: {keyword} {v}": SAFE + script(f"{keyword} {v}") + TRACKED for v in values}
    for keyword, values in INSTANCE.items():
        texts |= {f"instance: {keyword} {v}": SAFE + script() + instance(f"{keyword} {v}".strip()) for v in values}
    return texts


def _keepalived_says(texts: dict[str, str], folder: Path) -> dict[str, tuple[str, list[str]]]:
    """The exit status of keepalived's check and its lines for each text, but for those on script security."""
    for number, text in enumerate(texts.values()):
        (folder / f"{number:04}.conf").write_text(text, newline="")
    inside = (
        "ip link set lo up; ip link add eth0 type veth peer name eth1; ip link set eth0 up; ip link set eth1 up;"
        "ip addr add 10.0.0.1/24 dev eth0;"
        'for f in *.conf; do timeout 10 keepalived -t -l -f "$f" >"$f.out" 2>&1; echo $? >>"$f.out"; done'
    )
    subprocess.run(["unshare", "-n", "sh", "-c", inside], cwd=folder, check=True, capture_output=True, timeout=100)
    said = {}
    for number, name in enumerate(texts):
        *lines, status = (folder / f"{number:04}.conf.out").read_text(errors="replace").splitlines()
        said[name] = status, [line for line in lines if "SECURITY VIOLATION" not in line]
    return said


def _both_speak(texts: dict[str, str], folder: Path) -> tuple[set[str], set[str]]:
    """The names of the texts that keepalived has something to say to, and those that vrrptui has."""
    said = _keepalived_says(texts, folder)
    theirs = {name for name, (status, lines) in said.items() if status not in ("0", "6") or lines}
    ours = {name for number, name in enumerate(texts) if load(str(folder / f"{number:04}.conf")).findings}
    return theirs, ours


def _bad_ones() -> dict[str, str]:
    """Configurations with a bad value of a keyword that is not run, by a name."""
    two = instance() + instance("virtual_router_id 52", name="VI_2").replace(".100", ".101")
    texts = {}
    for keyword, bad in BAD.items():
        texts |= {f"{keyword} {v}": instance(f"{keyword} {v}".strip()) for v in bad}
    for keyword, bad in BAD_GLOBALS.items():
        texts |= {f"global {keyword} {v}": f"global_defs {{\n{keyword} {v}\n}}\n" + instance() for v in bad}
    for keyword, bad in SCOPES.items():
        named = keyword.startswith(("track_file", "vrrp_"))
        texts |= {f"{keyword} {{{v}}}": f"{keyword} {'N' * named} {{\n{v}\n}}\n" + two for v in bad}
    return texts


pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed"),
    needs_host_root,  # a script of a system whose programs are not root's is refused
]


def test_the_verdict_is_keepalived_s(tmp_path: Path) -> None:
    texts = _everything()
    theirs, ours = _both_speak(texts, tmp_path)
    assert theirs ^ ours == set()
    assert len(theirs) > 100
    assert len(texts) - len(theirs) > 80


def test_a_bad_value_of_what_is_not_run_is_said_to_be_bad(tmp_path: Path) -> None:
    texts = _bad_ones()
    said = _keepalived_says(texts, tmp_path)
    assert [name for name, (status, lines) in said.items() if status in ("0", "6") and not lines] == []
    silent = []
    for number, name in enumerate(texts):
        findings = load(str(tmp_path / f"{number:04}.conf")).findings
        if all(finding.code == "not-supported-yet" for finding in findings):
            silent.append(name)
    assert silent == []
    assert len(texts) > 60


def test_the_verdict_is_stricter_where_a_reason_is_given(tmp_path: Path) -> None:
    assert _both_speak(STRICTER, tmp_path) == (set(), set(STRICTER))


def test_the_verdict_is_milder_where_a_reason_is_given(tmp_path: Path) -> None:
    assert _both_speak(MILDER, tmp_path) == (set(MILDER), set())


# What this host lacks, and what is said of server pools, tells nothing of how a file is read.
NOT_OF_THE_FILE = re.compile(
    r"doesn't exist|Non-existent|SECURITY|track script|default user|Unable to access|script user|uid/gid"
    r"|no IPv4 address|interface \S+ for|cannot track route|VROUTE|lvs_sync_daemon"
    r"|Virtual server|real server|IPVS|checker|persistence|2678400|nat_mask|nb_get_retry|fwmark"
    r"|Unknown keyword '(?:VI_2|VI_3)'"
)
# Files that vrrptui refuses or warns of where keepalived does not, with a reason in STRICTER.
STRICTER_FILES = {
    "06.conf": {"owner-not-said"},
    "keepalived.conf.vrrp": {"duplicate-address"},
    "keepalived.conf.vrrp.scripts": {"no-effect"},  # mail to nobody
}


def test_the_verdict_on_real_files_is_keepalived_s(tmp_path: Path) -> None:
    paths = [*sorted(SAMPLES.glob("keepalived.conf*")), *sorted(PUBLIC.glob("*.conf"))]
    if not paths:
        pytest.skip("there are no files of others here")
    said = _keepalived_says({path.name: path.read_text(errors="surrogateescape") for path in paths}, tmp_path)
    differ = {}
    for path in paths:
        theirs = [line for line in said[path.name][1] if not NOT_OF_THE_FILE.search(line)]
        codes = {finding.code for finding in load(str(path)).findings} - {"not-supported-yet", "unknown-script"}
        if bool(theirs) != bool(codes - STRICTER_FILES.get(path.name, set())):
            differ[path.name] = theirs, codes
    assert differ == {}


def test_every_keyword_passed_over_is_one_of_keepalived_s(tmp_path: Path) -> None:
    texts = {name: f"{name} x {{\n}}\n" for name in unsupported.ROOT}
    texts |= {name: f"global_defs {{\n{name} x\n}}\n" for name in unsupported.GLOBALS}
    texts |= {name: instance(f"{name} x") for name in unsupported.INSTANCE}
    said = _keepalived_says(texts, tmp_path)
    unknown = {name for name, (_, lines) in said.items() if any(f"keyword '{name}'" in line for line in lines)}
    assert unknown - NEWER == set()
