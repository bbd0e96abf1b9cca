from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from shop.kernel import events, seals
from shop.kernel.db import db
from shop.ledger import queries as books
from shop.ledger import verify
from shop.workflows import closing
from tests.builders.ledger import a_sale_of, an_entry
from tests.builders.orders import a_bank, a_paid_order

DAY = timedelta(days=1)


def some_days_of_books(noon, *, days=3):
    for day in range(days):
        for place in range(2):
            an_entry(
                now=noon + day * DAY,
                source=f"order:{day}{place}",
                lines=a_sale_of(1500 + 10 * day + place),
            )


def proven(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier as a stranger would: Python alone, none of our packages in reach."""
    return subprocess.run(
        [sys.executable, "-I", "-S", verify.__file__, str(file), *more],
        capture_output=True,
        text=True,
        check=False,
    )


def broken():
    db.session.rollback()
    return [found.subject for found in seals.broken_seals(books.SEALED, "L2")]


def test_each_ended_day_is_sealed_once_and_today_is_not(app, noon):
    some_days_of_books(noon)

    assert closing.seal_days(now=noon + 2 * DAY) == 2
    assert closing.seal_days(now=noon + 2 * DAY) == 0

    first, second = seals.seals_of("ledger")
    assert (first.rows, second.rows) == (2, 2)
    assert first.previous == seals.BEGINNING
    assert second.previous == first.digest
    assert (second.first_id, second.last_id) == (first.last_id + 1, first.last_id + 2)
    assert broken() == []


def test_a_day_without_entries_is_sealed_too_and_a_late_entry_joins_the_next(app, noon):
    an_entry(now=noon, source="order:1")
    closing.seal_days(now=noon + 2 * DAY)
    an_entry(now=noon, source="order:2")

    closing.seal_days(now=noon + 4 * DAY)

    assert [seal.rows for seal in seals.seals_of("ledger")] == [1, 0, 1, 0]
    assert broken() == []


def test_the_verifier_proves_an_export_without_the_system(app, noon, tmp_path):
    some_days_of_books(noon)
    closing.seal_days(now=noon + 2 * DAY)
    file = tmp_path / "books.txt"

    entries, head = closing.export_ledger(file)

    assert entries == 6
    assert proven(file, head).returncode == 0
    assert proven(file, "0" * 64).returncode == 1


def test_every_flipped_digit_anywhere_in_the_export_is_found(app, noon, tmp_path):
    some_days_of_books(noon)
    closing.seal_days(now=noon + 2 * DAY)
    file = tmp_path / "books.txt"
    closing.export_ledger(file)
    text = file.read_text(encoding="utf-8")
    digits = [place for place, sign in enumerate(text) if sign.isdigit()]
    assert len(digits) > 400

    passed = []
    for place in digits:
        flipped = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
        try:
            verify.verify(iter(flipped.splitlines(keepends=True)))
        except (verify.Disagrees, ValueError, TypeError):
            continue
        passed.append(place)

    assert passed == []


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda lines: lines[:-1], id="the end torn off"),
        pytest.param(lambda lines: [*lines, "E\t99\n"], id="something after the end"),
        pytest.param(lambda lines: lines[:1] + lines[4:], id="an entry taken out"),
        pytest.param(lambda lines: lines[1:], id="no heading"),
        pytest.param(lambda lines: [], id="an empty file"),
    ],
)
def test_a_file_that_is_not_whole_is_not_proven(app, noon, tmp_path, harm):
    some_days_of_books(noon)
    closing.seal_days(now=noon + 2 * DAY)
    file = tmp_path / "books.txt"
    closing.export_ledger(file)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)

    file.write_text("".join(harm(lines)), encoding="utf-8")

    answer = proven(file)
    assert answer.returncode == 1
    assert answer.stdout.startswith("NOT PROVEN: ")


def test_a_changed_posting_breaks_the_seal_of_its_day_and_only_that(app, noon):
    some_days_of_books(noon)
    closing.seal_days(now=noon + 3 * DAY)
    home = "main" if db.engine.dialect.name == "sqlite" else "public"
    db.session.rollback()

    # In a copy that hides the table until the end of the transaction; the table itself refuses.
    db.session.execute(sa.text(f"CREATE TEMPORARY TABLE postings AS SELECT * FROM {home}.postings"))
    db.session.execute(
        sa.text("UPDATE postings SET amount_minor = 2 * amount_minor WHERE entry_id = 1")
    )
    found = [one.subject for one in seals.broken_seals(books.SEALED, "L2")]
    db.session.rollback()

    assert found == [f"seal:ledger:{noon.date()}"]


def test_what_happened_is_sealed_as_well(app, noon):
    with a_bank():
        a_paid_order(now=noon)
    closing.seal_days(now=noon + DAY)

    assert sum(seal.rows for seal in seals.seals_of("events")) == db.session.scalar(
        sa.select(sa.func.count()).select_from(events.EventRow)
    )
    assert list(seals.broken_seals(events.SEALED, "R3")) == []
