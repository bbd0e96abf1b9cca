from __future__ import annotations

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from shop.kernel import logs
from shop.kernel.db import db

log = structlog.get_logger()


def test_an_error_in_the_log_says_where_it_happened_and_nothing_of_whom(capsys):
    logs.configure()
    pin = "246" + "810"
    try:
        int("x" + pin[:0])
    except ValueError:
        log.exception("unexpected", path="/member")

    said = capsys.readouterr()
    words = said.out + said.err
    assert "test_logs.py" in words
    assert "ValueError" in words
    assert "path=/member" in words
    assert pin not in words


def test_a_refused_statement_keeps_what_it_carried_out_of_the_log(app, capsys):
    logs.configure()
    statement = sa.text("INSERT INTO users (id, name) VALUES (:id, :name)")
    phone = "1398372" + "0001"  # in parts: the log shows lines of the source
    try:
        db.session.execute(statement, {"id": 1, "name": phone})
    except IntegrityError:
        log.exception("unexpected")

    said = capsys.readouterr()
    words = said.out + said.err
    assert "INSERT INTO users" in words
    assert phone not in words
