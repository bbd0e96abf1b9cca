from __future__ import annotations

import re

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from shop.kernel.db import Base, db


def is_ours(obj: object, name: str | None, kind: str, reflected: bool, _: object) -> bool:  # noqa: FBT001 - Alembic calls it so
    # The search index is not a table of the object layer.
    return not (kind == "table" and reflected and (name or "").startswith("index_"))


def test_the_migrations_make_exactly_the_tables_of_the_models(app: Flask):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_ours, "compare_type": True}
        )
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


def words(rule: str) -> list[str]:
    return sorted(re.findall(r"'([a-z_]+)'", rule))


def short(table: str, name: str) -> str:
    # Some older migrations wrote the name out and got its beginning twice; that harms nothing.
    return name.replace(f"ck_{table}_", "")


def test_the_migrations_make_exactly_the_rules_of_the_models(app: Flask):
    """Alembic compares no CHECK, and a state that one forgets is refused by the database."""
    with db.engine.connect() as connection:
        found = sa.inspect(connection)
        made = {
            (table, short(table, str(one["name"]))): words(one["sqltext"])
            for table in Base.metadata.tables
            for one in found.get_check_constraints(table)
        }
        meant = {
            (name, short(name, connection.dialect.identifier_preparer.format_constraint(rule))): (
                words(str(rule.sqltext.compile(compile_kwargs={"literal_binds": True})))
            )
            for name, table in Base.metadata.tables.items()
            for rule in table.constraints
            if isinstance(rule, sa.CheckConstraint)
        }
    assert made == meant
