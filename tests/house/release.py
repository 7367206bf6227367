"""Checks a release: `python -m tests.house.release X.Y.Z`, with `--tagged` after tagging. Prints what is missing."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import vrrptui
from tests.house.rooms import CHECKOUT

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
HEADING = re.compile(r"^## \[(?P<version>Unreleased|\d+\.\d+\.\d+)\](?: - (?P<date>\d{4}-\d{2}-\d{2}))?$")


def changelog_faults(text: str) -> list[str]:
    """What is wrong with a changelog as such: headings, their order, and kinds of change."""
    headings = [HEADING.match(line) for line in text.splitlines() if line.startswith("## ")]
    sections = re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]
    faults = [f"section {number}: not [Unreleased] or [X.Y.Z] - date" for number, one in enumerate(headings) if not one]
    found = [one for one in headings if one]
    if not found or found[0]["version"] != "Unreleased":
        faults.append("the first section is not [Unreleased]")
    released = [tuple(map(int, one["version"].split("."))) for one in found[1:] if one["version"] != "Unreleased"]
    if released != sorted(set(released), reverse=True):
        faults.append("the versions are not in descending order")
    faults += [f"[{one['version']}] has no date" for one in found[1:] if one["date"] is None]
    for section in sections:
        kinds = re.findall(r"^### (.*)$", section, re.MULTILINE)
        if kinds != sorted(set(kinds) & set(KINDS), key=KINDS.index):
            faults.append(f"kinds of change are not {', '.join(KINDS)} in this order: {', '.join(kinds)}")
    return faults


def section_of(text: str, version: str) -> str | None:
    """The text below the heading of a version; None without one."""
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        if heading.startswith(f"[{version}]"):
            return body.strip()
    return None


def version_faults(checkout: Path) -> list[str]:
    """Whether the version is in one place."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    source = project["tool"]["hatch"].get("version", {}).get("path")
    if "version" in project["project"] or project["project"].get("dynamic") != ["version"]:
        return ["pyproject.toml has a version of its own"]
    return [] if source == "vrrptui/__init__.py" else ["pyproject.toml does not read vrrptui/__init__.py"]


def release_faults(version: str, text: str) -> list[str]:
    """What is missing for a release of this version, but for git."""
    faults = changelog_faults(text) + version_faults(CHECKOUT)
    if vrrptui.__version__ != version:
        faults.append(f"vrrptui/__init__.py says {vrrptui.__version__}")
    if not section_of(text, version):
        faults.append(f"CHANGELOG.md has no section [{version}], or an empty one")
    if section_of(text, "Unreleased"):
        faults.append("[Unreleased] in CHANGELOG.md is not empty")
    return faults


def git_faults(version: str, tagged: bool) -> list[str]:
    """Whether the commit is clean and the tag as it should be."""
    faults = ["the work tree has changes that are not committed"] if _git("status", "--porcelain") else []
    target = _git("rev-parse", "--quiet", "--verify", f"v{version}^{{commit}}")
    if tagged and target != _git("rev-parse", "HEAD"):
        faults.append(f"the tag v{version} is not on this commit")
    if not tagged and target:
        faults.append(f"the tag v{version} exists already")
    return faults


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.house.release", description="Check a release.")
    parser.add_argument("version", metavar="X.Y.Z")
    parser.add_argument("--tagged", action="store_true", help="the tag has been made")
    options = parser.parse_args()
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    faults = release_faults(options.version, text) + git_faults(options.version, options.tagged)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
