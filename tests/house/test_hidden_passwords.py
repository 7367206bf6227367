"""No object that holds a password shows it: a `repr` ends in tracebacks, logs and assertion messages."""

from __future__ import annotations

import ast

from tests.house.rooms import modules

SECRETS = {"password", "auth_password", "auth_data"}


def test_a_field_with_a_password_is_not_in_the_repr():
    """Fields of dataclasses and the like; parameters of functions are no fields."""
    shown = []
    for module in modules():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ClassDef):
                continue
            for field in node.body:
                if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                    continue
                hidden = field.value is not None and "repr=False" in ast.unparse(field.value)
                if field.target.id in SECRETS and not hidden:
                    shown.append(f"{module.name}:{field.lineno} {field.target.id}")
    assert shown == []
