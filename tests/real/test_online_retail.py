"""The real data beside the repository, whole: every penny accounted for, then the proof."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask_migrate import upgrade

from shop.app import Settings, create_app
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.oversight import proof
from shop.workflows import importing
from tests.builders.stations import a_workshop
from tests.real.adapter import adapt

DATA = Path(os.environ.get("SHOP_REAL_DATA", "../shared/data"))
NOW = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
INVOICES = 4_894  # of them 805 cancellations
GROSS = 203_874_259
CANCELLED = -23_172_266
NET = 180_701_993


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("real")
    file = adapt(DATA / "online_retail/online_retail_2010-12_2011-02.csv.gz", folder / "retail.csv")
    app = create_app(Settings(mode="test", secret_key="x" * 40, data_folder=str(folder)))
    with app.app_context():
        upgrade()
        a_workshop(slug="retail")

        def run() -> importing.ImportReport:
            return importing.import_orders(
                file=file,
                workshop_slug="retail",
                refused_file=folder / "refused.csv",
                encoding="auto",
                actor=SYSTEM,
                now=NOW,
                progress=lambda done, of: None,
            )

        began = time.process_time()
        first = run()
        seconds = time.process_time() - began
        print(f"\n{first.in_words()}\n{INVOICES} invoices in {seconds:.1f} CPU seconds:")
        print(f"{INVOICES / seconds:.0f} a CPU second")
        yield first, run
        db.session.remove()
        db.engine.dispose()


def test_totals_equal_those_of_the_data_to_the_penny(real):
    report, _ = real
    assert report.sold.minor + report.refused.minor == GROSS
    assert report.returned.minor + report.queued.minor == CANCELLED
    assert (
        report.sold.minor + report.refused.minor + report.returned.minor + report.queued.minor
        == NET
    )


def test_every_row_has_one_fate(real):
    report, _ = real
    fates = (report.sold, report.returned, report.queued, report.refused)
    assert sum(fate.rows for fate in fates) == 105_335
    assert report.refused.rows == 0


def test_the_books_agree_after_it(real):
    assert proof.prove(tell=print) == []


def test_a_second_run_changes_nothing(real):
    first, run = real
    again = run()
    assert again.orders == 0
    assert again.orders_known == first.orders
    assert again.known.rows == 105_335
    assert proof.prove(tell=lambda line: None) == []
