from __future__ import annotations

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
