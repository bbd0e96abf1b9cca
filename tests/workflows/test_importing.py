from __future__ import annotations

import csv
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.kernel.access import SYSTEM, VISITOR
from shop.kernel.db import db
from shop.kernel.errors import NotFound, OutOfReach
from shop.oversight import proof
from shop.workflows import importing
from shop.workflows.importing import ImportRefused
from tests.builders.stations import a_workshop
from tests.real.adapter import adapt

SLICE = Path(__file__).parent / "data/online_retail_slice.csv"
HEAD = "order_number,time,buyer_reference,sku,title,quantity,unit_price,currency"
GOOD = "A1,2026-07-01 09:00,B1,S-01,凉鞋,2,88.00,CNY"


def a_file(folder: Path, *rows: str, head: str = HEAD, encoding: str = "utf-8") -> Path:
    file = folder / "sales.csv"
    file.write_bytes("\n".join([head, *rows, ""]).encode(encoding))
    return file


def quietly(done: int, of: int) -> None:
    """Tell nobody."""


@pytest.fixture
def bring_in(app: Flask, tmp_path: Path, noon):
    a_workshop(slug="lamp")

    def run(file: Path, *, actor=SYSTEM, workshop="lamp", encoding="auto", progress=quietly):
        return importing.import_orders(
            file=file,
            workshop_slug=workshop,
            refused_file=tmp_path / "refused.csv",
            encoding=encoding,
            actor=actor,
            now=noon,
            progress=progress,
        )

    return run


def count(table: str) -> int:
    return db.session.scalar(sa.text(f"SELECT COUNT(*) FROM {table}")) or 0


def refused(folder: Path) -> list[tuple[str, str]]:
    with (folder / "refused.csv").open(encoding="utf-8-sig") as stream:
        return [(row["line"], row["reason"]) for row in csv.DictReader(stream)]


def test_a_slice_of_the_real_data_comes_in_to_the_penny(bring_in, tmp_path):
    report = bring_in(adapt(SLICE, tmp_path / "slice.csv"))
    assert report.sold.minor == 1_511_170
    assert report.returned.minor + report.queued.minor == -1_691_911
    assert report.returned.rows > 0
    assert report.queued.rows > 0
    assert report.refused.rows == 0
    assert count("unmatched_returns") >= report.queued.rows
    assert proof.prove(tell=lambda line: None) == []


def test_a_second_run_brings_nothing_twice(bring_in, tmp_path):
    file = adapt(SLICE, tmp_path / "slice.csv")
    first = bring_in(file)
    before = {
        t: count(t) for t in ("orders", "order_lines", "returns", "unmatched_returns", "entries")
    }
    again = bring_in(file)
    assert again.orders == 0
    assert again.orders_known == first.orders
    assert again.known.rows == 490
    assert {t: count(t) for t in before} == before


def test_an_interrupted_import_goes_on_where_it_stopped(bring_in, tmp_path):
    def stop_at_twenty(done: int, of: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    file = adapt(SLICE, tmp_path / "slice.csv")
    with pytest.raises(KeyboardInterrupt):
        bring_in(file, progress=stop_at_twenty)
    assert count("orders") == 20
    assert proof.prove(tell=lambda line: None) == []
    report = bring_in(file)
    assert report.orders_known == 20
    assert report.sold.minor + report.known.minor == 1_511_170
    assert proof.prove(tell=lambda line: None) == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-07-01 09:00,B1,S-01,凉鞋,2,88.00,CNY", "no_order_number"),
        ("A2,2026-07-01 09:00,B1,,凉鞋,2,88.00,CNY", "no_sku"),
        ("A2,1.7.2026,B1,S-01,凉鞋,2,88.00,CNY", "time_unreadable"),
        ("A2,2026-02-30 09:00,B1,S-01,凉鞋,2,88.00,CNY", "time_unreadable"),
        ("A2,2036-07-01 09:00,B1,S-01,凉鞋,2,88.00,CNY", "time_in_future"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,0,88.00,CNY", "quantity_zero"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,1.5,88.00,CNY", "quantity_unreadable"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,99999999,88.00,CNY", "quantity_absurd"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,=1+1,88.00,CNY", "quantity_unreadable"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,2,-88.00,CNY", "price_negative"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,2,0.001,CNY", "price_finer_than_fen"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,2,99999999,CNY", "price_absurd"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,2,free,CNY", "price_unreadable"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,2,88.00,GBP", "foreign_currency"),
        ("A2,2026-07-01 09:00,B1,S-01,凉鞋,2,88.00", "columns_differ"),
    ],
)
def test_a_wrong_row_is_refused_by_name_and_the_others_come_in(bring_in, tmp_path, row, reason):
    report = bring_in(a_file(tmp_path, GOOD, row))
    assert report.orders == 1
    assert refused(tmp_path) == [("3", reason)]


def test_half_an_order_is_never_brought_in(bring_in, tmp_path):
    bad = "A1,2026-07-01 09:00,B1,P-01,挂件,0,28.00,CNY"
    report = bring_in(a_file(tmp_path, GOOD, bad))
    assert report.orders == 0
    assert count("orders") == 0
    assert refused(tmp_path) == [("2", "held_back"), ("3", "quantity_zero")]


def test_an_order_that_changed_since_is_refused_and_the_first_one_stays(bring_in, tmp_path):
    bring_in(a_file(tmp_path, GOOD))
    report = bring_in(a_file(tmp_path, GOOD.replace(",2,", ",3,")))
    assert (report.orders, report.orders_known) == (0, 0)
    assert refused(tmp_path) == [("2", "changed_since")]
    assert count("orders") == 1


def test_rows_of_one_order_may_lie_apart(bring_in, tmp_path):
    other = "A2,2026-07-01 10:00,B2,P-01,挂件,1,28.00,CNY"
    report = bring_in(a_file(tmp_path, GOOD, other, GOOD.replace("S-01,凉鞋", "P-01,挂件")))
    assert (report.orders, report.sold.rows) == (2, 3)


def test_a_return_never_exceeds_what_was_sold(bring_in, tmp_path):
    back = "C1,2026-07-02 09:00,B1,S-01,凉鞋,-5,88.00,CNY"
    report = bring_in(a_file(tmp_path, GOOD, back))
    assert report.returned.minor == -2 * 8800
    assert report.queued.minor == -3 * 8800
    assert proof.prove(tell=lambda line: None) == []


def test_a_return_takes_from_the_latest_sales_first_and_never_the_same_piece_twice(
    bring_in, tmp_path
):
    file = a_file(
        tmp_path,
        GOOD,
        "A2,2026-07-02 09:00,B1,S-01,凉鞋,3,88.00,CNY",
        "A2,2026-07-02 09:00,B1,P-01,挂件,1,28.00,CNY",
        "C1,2026-07-03 09:00,B1,S-01,凉鞋,-4,88.00,CNY",
        "C1,2026-07-03 09:00,B1,S-01,凉鞋,-2,88.00,CNY",
        "C1,2026-07-03 09:00,B1,P-01,挂件,-1,28.00,CNY",
    )
    report = bring_in(file)
    assert (report.returned.minor, report.queued.minor) == (-5 * 8800 - 2800, -8800)
    back = "SELECT refunded_minor FROM payments ORDER BY order_id"
    assert list(db.session.scalars(sa.text(back))) == [2 * 8800, 3 * 8800 + 2800]
    assert count("refunds") == 2
    waiting = sa.text("SELECT line_number, quantity, reason FROM unmatched_returns")
    assert list(db.session.execute(waiting)) == [(6, 1, "sold_fewer")]
    assert set(db.session.scalars(sa.text("SELECT state FROM orders"))) == {"refunded"}
    again = bring_in(file)
    assert (again.known.rows, count("returns")) == (6, 4)
    assert proof.prove(tell=lambda line: None) == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("C1,2026-07-03 09:00,B1,X-99,凉鞋,-1,88.00,CNY", "no_such_goods"),
        ("C1,2026-07-03 09:00,B2,S-01,凉鞋,-1,88.00,CNY", "no_sale"),
        ("C1,2026-07-03 09:00,,S-01,凉鞋,-1,88.00,CNY", "no_sale"),
        ("C1,2026-07-03 09:00,B1,S-01,凉鞋,-1,87.00,CNY", "no_sale"),
        ("C1,2026-06-30 09:00,B1,S-01,凉鞋,-1,88.00,CNY", "no_sale"),
    ],
)
def test_a_return_without_its_sale_waits_for_a_person(bring_in, tmp_path, row, reason):
    bring_in(a_file(tmp_path, GOOD, row))
    assert db.session.scalar(sa.text("SELECT reason FROM unmatched_returns")) == reason
    assert (count("refunds"), count("returns")) == (0, 0)


def test_gbk_is_read_by_itself(bring_in, tmp_path):
    report = bring_in(a_file(tmp_path, GOOD, encoding="gbk"))
    assert report.encoding == "gb18030"
    assert db.session.scalar(sa.text("SELECT title FROM order_lines")) == "凉鞋"


def test_a_formula_in_a_title_stays_text_and_cannot_bite_in_the_report(bring_in, tmp_path):
    bring_in(a_file(tmp_path, "=A1,2026-07-01 09:00,B1,S-01,=HYPERLINK(1),0,88.00,CNY"))
    text = (tmp_path / "refused.csv").read_text(encoding="utf-8-sig")
    assert "'=HYPERLINK" in text
    assert "'=A1" in text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"order_number,time\n", "missing columns"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not"),
        (b"\xff\xfe\x00\xd8", "not"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(bring_in, tmp_path, content, why):
    file = tmp_path / "odd.csv"
    file.write_bytes(content)
    with pytest.raises(ImportRefused, match=why):
        bring_in(file)
    assert count("orders") == 0


def test_only_those_who_may_import_do(bring_in, tmp_path):
    file = a_file(tmp_path, GOOD)
    with pytest.raises(OutOfReach):
        bring_in(file, actor=VISITOR)
    with pytest.raises(NotFound):
        bring_in(file, workshop="nowhere")
    assert count("orders") == 0
