from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.kernel.db import (
    NetworkInsideTransaction,
    WriteOutsideTransaction,
    db,
    outside_transaction,
    sqlite_is_safe,
    transaction,
)
from shop.kernel.events import EventRow, Heartbeat


def beats() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Heartbeat)) or 0


def beat(session, name, noon):
    session.execute(sa.insert(Heartbeat), {"name": name, "beat_at": noon})


def test_the_outermost_transaction_commits_and_inner_ones_join(app: Flask, noon):
    with transaction() as session:
        beat(session, "outer", noon)
        with transaction() as inner:
            beat(inner, "inner", noon)
    db.session.rollback()
    assert beats() == 2


def test_an_error_undoes_everything_even_when_somebody_caught_it_between(app: Flask, noon):
    def swallow() -> None:
        try:
            with transaction() as session:
                beat(session, "inner", noon)
                raise ValueError
        except ValueError:
            pass

    with pytest.raises(RuntimeError, match="swallowed"), transaction() as session:
        beat(session, "outer", noon)
        swallow()
    assert beats() == 0


def test_writing_without_a_transaction_is_refused(app: Flask, noon):
    with pytest.raises(WriteOutsideTransaction):
        db.session.execute(sa.insert(Heartbeat), {"name": "x", "beat_at": noon})


def test_a_gateway_may_not_speak_inside_a_transaction(app: Flask):
    outside_transaction()
    with transaction(), pytest.raises(NetworkInsideTransaction):
        outside_transaction()


@pytest.mark.parametrize("verb", ["UPDATE events SET kind = 'x'", "DELETE FROM events"])
def test_the_database_refuses_to_change_what_happened(app: Flask, noon, verb):
    row = {"kind": "k", "subject": "s:1", "facts": "{}", "happened_at": noon}
    with transaction() as session:
        session.execute(sa.insert(EventRow), row)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as session:
        session.execute(sa.text(verb))


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
    ],
)
def test_the_wal_reset_bug_is_known_by_version(version, is_safe):
    assert sqlite_is_safe(version) is is_safe
