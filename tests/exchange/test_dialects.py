from __future__ import annotations

import re
from pathlib import Path

import pytest

import shop
from shop.exchange.files.assembling import assembled
from shop.exchange.files.columns import COLUMNS
from shop.exchange.files.dialects import head_of, row_of
from shop.exchange.rules import Choices, Dialect, NotAnAmount, OtherCurrency, fen_of

YUAN = Choices(currency="CNY")


def read(head: str, *rows: str, choices: Choices = YUAN):
    """Return the goods that lines of a file with | between the fields describe."""
    known = head_of(head.split("|"))
    assert known is not None
    said = [row_of(known, line, row.split("|"), choices) for line, row in enumerate(rows, start=2)]
    keys = dict.fromkeys(row.key for row in said)
    return [assembled(known.dialect, [row for row in said if row.key == key]) for key in keys]


def problems(goods) -> list[tuple[int, str]]:
    return [(row.line, one.code) for row in goods.rows.values() for one in row.problems]


@pytest.mark.parametrize(
    ("head", "dialect"),
    [
        ("code,title,price", Dialect.OWN),
        ("SKU,Own Price", Dialect.OWN),
        ("商品编号,名称,价格", Dialect.OWN),
        ("Handle,Title,Body (HTML),Variant Price", Dialect.SHOPIFY),
        ("Title,URL handle,Description,SKU,Price", Dialect.SHOPIFY),
        ("ID,Type,SKU,Name,Regular price,Parent", Dialect.WOOCOMMERCE),
        ("slug,sku,name,price,currency", Dialect.SPREE),
        ("a,b,c", None),
        ("title,price", None),
    ],
)
def test_a_head_line_tells_whose_file_it_is(head, dialect):
    found = head_of(head.split(","))
    assert (found and found.dialect) is dialect


def test_rows_of_one_handle_are_one_product_with_its_options_and_pictures():
    (basket,) = read(
        "Handle|Title|Body (HTML)|Option1 Name|Option1 Value|Option2 Name|Option2 Value"
        "|Variant SKU|Variant Price|Image Src|Image Alt Text",
        "basket|Rush basket|<p>From the marsh.</p>|Size|S|Color|Natural|B-S|45.00|https://x/a/b1.jpg?v=2|front",
        "basket||||M||Natural|B-M|55.00||",
        "basket||||||||||".replace("||||||||||", "|||||||||https://x/b2.jpg|"),
    )

    assert basket.fields["title_en"] == "Rush basket"
    assert basket.fields["summary_en"] == "From the marsh."
    assert basket.fields["price"] == "45.00"
    assert [(p.sku, p.fields) for p in basket.pieces] == [
        ("B-S", {"size": "S", "color": "Natural", "color_en": "Natural"}),
        ("B-M", {"size": "M", "color": "Natural", "color_en": "Natural", "own_price": "55.00"}),
    ]
    assert [(line, p.name, p.is_link) for line, p in basket.pictures] == [
        (2, "b1.jpg", True),
        (4, "b2.jpg", True),
    ]


def test_the_only_variant_of_another_shop_is_a_plain_piece():
    (lamp,) = read(
        "Handle|Title|Option1 Name|Option1 Value|Variant SKU|Variant Price",
        "lamp|竹编灯罩|Title|Default Title||128",
    )

    assert lamp.fields["title"] == "竹编灯罩"
    assert [(p.sku, p.choice) for p in lamp.pieces] == [("", ("", ""))]


def test_variations_find_their_parent_by_sku_and_what_is_no_craft_is_left_out():
    shawl, album, _ = read(
        "ID|Type|SKU|Name|Description|Sale price|Regular price|Categories|Images|Parent"
        "|Attribute 1 name|Attribute 1 value(s)|Attribute 2 name|Attribute 2 value(s)",
        "7|variable|shawl|Shawl|Warm.\\nLight.||| Cloth > Shawls, Gifts"
        "|https://x/1.jpg, https://x/2.jpg||Color|Blue, Red|Fringe|Yes, No",
        "8|simple, virtual|song|Song|||3|||||||",
        "9|variation|shawl-b|Shawl - Blue||80|90||https://x/3.jpg|shawl|Color|Blue|Fringe|Yes",
        "10|grouped|set|Set|||||||||",
    )

    assert shawl.code == "shawl"
    assert shawl.fields["category"] == "Shawls"
    assert shawl.fields["summary_en"] == "Warm.\nLight."
    assert [(p.line, p.sku, p.choice) for p in shawl.pieces] == [
        (4, "shawl-b", ("Fringe: Yes", "Blue"))
    ]
    assert shawl.fields["price"] == "90"
    assert [note.code for note in shawl.rows[4].notes] == ["sale_price"]
    assert [picture.name for _, picture in shawl.pictures] == ["1.jpg", "2.jpg", "3.jpg"]
    assert [row.is_left_out for row in album.rows.values()] == [True]


@pytest.mark.parametrize(
    ("choice", "outcome"),
    [
        (OtherCurrency.REFUSE, [(3, "foreign_currency"), (4, "foreign_currency")]),
        (OtherCurrency.WITHOUT_PRICE, []),
    ],
)
def test_currencies_never_meet(choice, outcome):
    (mug,) = read(
        "slug|sku|name|price|currency|option1_name|option1_value",
        "mug|MUG|Mug|0|USD||",
        "mug|MUG-B||12.50|USD|Color|Blue",
        "mug|MUG-B||11.00|EUR||",
        choices=Choices(other_currency=choice),
    )

    assert problems(mug) == outcome
    assert "price" not in mug.fields
    assert [(p.sku, p.fields.get("color")) for p in mug.pieces][-1:] == [("MUG-B", "Blue")]
    if choice is OtherCurrency.WITHOUT_PRICE:
        assert mug.rows[3].notes[0].about == {"price": "12.50", "currency": "USD"}
        assert mug.rows[4].is_left_out


def test_a_foreign_price_in_our_own_file_is_no_price():
    (one,) = read("code|title|price|currency", "S-01|凉鞋|12|EUR", choices=Choices())
    assert problems(one) == [(2, "foreign_currency")]


@pytest.mark.parametrize(
    ("head", "row", "problem"),
    [
        ("code|title|price", "S-01|鞋|-5", "price_negative"),
        ("code|title|price", "S-01|鞋|0.001", "price_finer_than_fen"),
        ("code|title|price", "S-01|鞋|99999999", "price_absurd"),
        ("code|title|price", "S-01|鞋|=1+1", "price_unreadable"),
        ("code|title|price", "S-01|鞋|16,50", "price_unreadable"),
        ("code|title|price", "S-01|鞋|0", "price_zero"),
        ("code|title|minutes", "S-01|鞋|1.5", "number_unreadable"),
        ("code|title|share_percent", "S-01|鞋|101", "number_unreadable"),
        ("code|title|supply", "S-01|鞋|soon", "unknown_word"),
        ("code|title", f"S-01|{'长' * 201}", "too_long"),
        ("code|title", f"{'S' * 65}|鞋", "too_long"),
        ("code|title|price", "S-01|鞋", "columns_differ"),
        ("code|title|price", "S-01|鞋|5|6", "columns_differ"),
        ("code|title", "|鞋", "no_code"),
        ("code|title|price|currency", "S-01|鞋|5|", "currency_missing"),
        ("Handle|Title|Gift Card", "card|Card|true", "gift_card"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_by_name(head, row, problem):
    (one,) = read(head, row)
    assert problem in [code for _, code in problems(one)]


def test_a_field_may_be_repeated_but_not_contradicted():
    (one,) = read("code|sku|title|care", "S-01|A|鞋|", "S-01|B||晾干", "S-01|C|靴|晾干")

    assert one.fields == {"title": "鞋", "care": "晾干"}
    assert problems(one) == [(4, "rows_differ")]


@pytest.mark.parametrize(
    ("text", "fen"),
    [("88", 8800), ("88.5", 8850), ("1,280.50", 128050), ("¥46.20", 4620), ("１２元", 1200)],
)
def test_sums_are_read_as_people_write_them(text, fen):
    assert fen_of(text) == fen


def test_a_comma_is_never_guessed_to_be_a_point():
    with pytest.raises(NotAnAmount, match="price_unreadable"):
        fen_of("16,5")


def test_the_readme_explains_every_column_and_no_other():
    text = (Path(shop.__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    table = text.split("### Goods in and out as files")[1].split("A row is one size")[0]
    assert re.findall(r"^\| `(\w+)` \| (\S+) \|", table, re.MULTILINE) == [
        (column.name, column.chinese) for column in COLUMNS
    ]
