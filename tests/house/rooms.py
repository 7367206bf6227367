"""The package as its own source shows it: every module, its room, and what it imports at any depth."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PACKAGE = CHECKOUT / "vrrptui"


@dataclass(frozen=True)
class Module:
    """One source file; its room is the folder under the package, "" for the two files outside of every room."""

    path: Path
    source: str

    @property
    def name(self) -> str:
        return ".".join(self.path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")

    @property
    def room(self) -> str:
        parts = self.path.relative_to(PACKAGE).parts
        return parts[0] if len(parts) > 1 else ""

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    def imports(self) -> Iterator[str]:
        """The full names of what is imported, inside functions too; `from a import b` is a.b."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{self.name}:{node.lineno}: imports are absolute here"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def rooms_imported(self) -> set[str]:
        """The other rooms of ours that it imports from."""
        ours = (name.split(".") for name in self.imports() if name.startswith("vrrptui."))
        return {parts[1] for parts in ours if (PACKAGE / parts[1]).is_dir()} - {self.room}

    def packages_imported(self) -> set[str]:
        """The top-level names of everything that is not ours."""
        return {name.split(".")[0] for name in self.imports()} - {"vrrptui", "__future__"}


def modules() -> list[Module]:
    """Every module of the package."""
    return [Module(path, path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]
