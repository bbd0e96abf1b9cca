from __future__ import annotations

import csv
import io
import random
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from shop.catalog import in_bulk, standing
from shop.catalog import services as catalog
from shop.catalog.in_bulk import NewGoods, NewPiece
from shop.catalog.rules import PayLane, Supply
from shop.catalog.services import ProductTexts
from shop.exchange.files import writing
from shop.exchange.rules import Choices
from shop.kernel.access import SYSTEM, Permission, Scope
from shop.kernel.money import Money
from shop.stations import queries as stations
from shop.workflows import catalog_export, listing
from shop.workflows.catalog_export import Shape
from tests.builders.catalog import a_lister, a_product, a_split
from tests.builders.exchange import bringing, outcomes_of
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

EVERYWHERE = Scope(("/",))
# Whatever people type: formulas, quotes, lines, other scripts, marks that lists are parted by.
ODD = (
    "=1+1",
    "＝SUM(A1)",
    "'=quoted",
    "-5",
    "@home",
    "手编, 软底",
    'say "hi"',
    "line\nline\n\nparagraph",
    "a\r\nb",
    "001",
    "<b>bold</b>",
    "😀 emoji",
    "| bar |",
    "\u200fright to left",
    "5 > 3 & 2",
    "𠮷野",
)


def an_address(picture) -> str:
    return f"https://shop.example/media/{picture.digest}.jpg"


def taken_out(folder: Path, shape: Shape = Shape.OWN, *, scope=EVERYWHERE, is_english=False, **how):
    """Return the CSV file of an export."""
    rows = catalog_export.rows(
        scope=scope, shape=shape, address_of=an_address, is_english=is_english, **how
    )
    file = folder / f"{shape}.csv"
    file.write_text("".join(writing.csv_pieces(rows)), encoding="utf-8", newline="")
    return file


def read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))


def random_goods(now: datetime, *, count: int, seed: int) -> None:
    """Put goods of every kind into the workshop: drafts, priced, on sale, with odd words."""
    dice = random.Random(seed)
    workshop_id = a_workshop()
    catalog.add_category(slug="home", name="家饰", name_en="For the home", position=1)
    maker = a_member()
    odd = [text for text in ODD if text == text.strip()]

    def words(chinese: str) -> dict[str, str]:
        texts = {name: dice.choice([*odd, ""]) for name in standing.TEXTS}
        return texts | {"title": f"{chinese}{dice.choice(odd)}"[:200]}

    goods = []
    for number in range(count):
        lane = dice.choice(list(PayLane))
        share = 55 if lane is PayLane.CONSIGNMENT else None
        minutes = 0 if share else dice.choice([30, 120])
        pieces = tuple(
            NewPiece(
                sku=f"R{number}-{place}",
                size=f"{place}",
                color=dice.choice(["", "红", "靛蓝"]),
                color_en=dice.choice([None, "red"]),
                price=Money(9900) if place == 2 and dice.random() < 0.5 else None,
                is_for_sale=dice.random() < 0.8,
            )
            for place in range(dice.randrange(4))
        )
        goods.append(
            NewGoods(
                code=f"R{number}",
                texts=words("物"),
                pieces=pieces,
                category=dice.choice([None, "home"]),
                supply=dice.choice(list(Supply)),
                pay_lane=lane,
                share_percent=share,
                maker_id=dice.choice([None, maker]),
                minutes=minutes,
                split=dice.choice([None, a_split(fen=12300)]),
            )
        )
    ids = in_bulk.create(workshop_id=workshop_id, goods=goods, actor=SYSTEM, now=now)
    for one in goods:
        if one.split and dice.random() < 0.5:
            sheet = catalog.propose_price(
                product_id=ids[one.code], split=a_split(fen=8800), actor=SYSTEM, now=now
            )
            if dice.random() < 0.7:
                catalog.approve_price(sheet_id=sheet, actor=SYSTEM, now=now)


def test_what_goes_out_comes_back_as_the_same(app, tmp_path, noon):
    random_goods(noon, count=40, seed=7)
    file = taken_out(tmp_path)

    with bringing(tmp_path, file) as again:
        assert again.problems == []
        assert [row for row in again.rows if row.changes] == []
        assert set(again.outcomes) == {"same"}
        assert len(again.outcomes) == len(read(file)) >= 60


def test_a_workbook_comes_back_as_the_same_and_its_cells_are_text(app, tmp_path, noon):
    random_goods(noon, count=25, seed=11)
    head, *rows = catalog_export.rows(scope=EVERYWHERE, shape=Shape.OWN, address_of=an_address)
    file = tmp_path / "goods.xlsx"
    writing.write_workbook(file, sheet="goods", head=head, rows=rows, notes=("columns", [["a"]]))

    assert set(outcomes_of(tmp_path, file)) == {"same"}
    sheet = openpyxl.load_workbook(file).worksheets[0]
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}


@pytest.mark.parametrize("shape", [Shape.SHOPIFY, Shape.WOOCOMMERCE])
def test_goods_in_another_shops_columns_are_recognised_when_they_come_back(
    app, tmp_path, noon, shape
):
    workshop_id = a_workshop()
    a_product(now=noon, workshop_id=workshop_id)
    plain = a_product(
        now=noon, workshop_id=workshop_id, code="P-01", title="小挂件", variants=None, fen=3000
    )
    catalog.update_texts(
        product_id=plain,
        texts=ProductTexts(summary="一行\n两行\n\n新段 <b> & 5"),
        actor=SYSTEM,
        now=noon,
    )
    file = taken_out(tmp_path, shape)

    with bringing(tmp_path, file, choices=Choices(currency="CNY")) as again:
        assert again.problems == []
        assert set(again.outcomes) == {"same"}, again.rows


def test_an_export_names_makers_by_code_and_computes_nothing(app, tmp_path, noon):
    maker = a_member(name="王秀兰", phone="13983720001")
    a_product(now=noon, workshop_id=a_workshop(), maker_id=maker, title="=HYPERLINK(1)")
    file = taken_out(tmp_path)

    text = file.read_text(encoding="utf-8-sig")
    assert "王秀兰" not in text
    assert "1398372" not in text
    first, second = read(file)
    assert first["maker"] == stations.member(maker).code
    assert first["title"] == "'=HYPERLINK(1)"
    assert (first["price"], first["price_state"], first["state"]) == (
        "88.00",
        "approved",
        "on_sale",
    )
    assert (second["code"], second["sku"], second["title"]) == ("S-01", "S-01-37", "")


def test_an_export_reaches_as_far_as_its_reader(app, tmp_path, noon):
    here, there = a_workshop(), a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    a_product(now=noon, workshop_id=here)
    a_product(now=noon, workshop_id=there, code="C-01")
    lister = a_lister(path=stations.path_of(a_room()), user_id=1)
    scope = lister.scope(Permission.MANAGE_LISTING)

    assert {row["code"] for row in read(taken_out(tmp_path, scope=scope))} == {"S-01"}
    assert read(taken_out(tmp_path, scope=scope, workshop_id=there)) == []
    assert {row["code"] for row in read(taken_out(tmp_path, workshop_id=there))} == {"C-01"}


def test_the_price_in_another_shops_columns_is_the_one_in_force(app, tmp_path, noon):
    product_id = a_product(now=noon, workshop_id=a_workshop())
    listing.propose_price(
        product_id=product_id,
        split=a_split().__class__(
            price=Money(9000),
            pay=Money(4620),
            material=Money(1250),
            pack=Money(300),
            fee=Money(54),
            workshop=Money(900),
            rest=Money(1876),
        ),
        pay_lane=PayLane.PIECE_WAGE,
        minutes=120,
        share_percent=None,
        actor=SYSTEM,
        now=noon,
    )

    assert {row["Variant Price"] for row in read(taken_out(tmp_path, Shape.SHOPIFY))} == {"88.00"}
    assert read(taken_out(tmp_path))[0]["price"] == "90.00"
    assert read(taken_out(tmp_path))[0]["price_state"] == "waiting"
