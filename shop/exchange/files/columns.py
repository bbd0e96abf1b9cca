"""The columns of our own catalog file; the help page, the template and the README show these."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.kernel.i18n import N_

LIST_MARK = "|"


class Level(StrEnum):
    """What a column speaks of: the goods, one size and color of them, or the reader only."""

    GOODS = "goods"
    PIECE = "piece"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading in both languages, what it holds, what an empty cell means.

    longest    characters at most, of each name where the cell holds several.
    clears     an empty cell empties the field; elsewhere an empty cell leaves it as it is.
    """

    name: str
    chinese: str
    level: Level
    longest: int
    holds: str
    clears: bool = False


def _goods(name: str, chinese: str, longest: int, holds: str, *, clears: bool = False) -> Column:
    return Column(name, chinese, Level.GOODS, longest, holds, clears)


def _piece(name: str, chinese: str, longest: int, holds: str, *, clears: bool = False) -> Column:
    return Column(name, chinese, Level.PIECE, longest, holds, clears)


SHORT = 200
COLUMNS: tuple[Column, ...] = (
    _goods(
        "code",
        "商品编号",
        64,
        N_("the goods' own code in the workshop; rows with the same code are one product"),
    ),
    _piece("sku", "货号", 64, N_("one size and color; empty: the goods have one plain piece")),
    _goods("title", "名称", SHORT, N_("title; needed for new goods")),
    _goods("title_en", "英文名称", SHORT, N_("title in English"), clears=True),
    _goods("summary", "简介", 10_000, N_("a few sentences; plain text"), clears=True),
    _goods("summary_en", "英文简介", 10_000, N_("the same in English"), clears=True),
    _goods("material", "材质", SHORT, N_("stands on the label")),
    _goods("material_en", "英文材质", SHORT, N_("material in English"), clears=True),
    _goods("technique", "工艺", SHORT, N_("how it is made"), clears=True),
    _goods("technique_en", "英文工艺", SHORT, N_("how it is made, in English"), clears=True),
    _goods("care", "养护", 400, N_("stands on the label")),
    _goods("care_en", "英文养护", 400, N_("care in English"), clears=True),
    _goods(
        "category",
        "货架",
        60,
        N_("the shelf: its address word or its name in a language"),
        clears=True,
    ),
    _goods(
        "materials",
        "材料词",
        60,
        N_("words of the vocabulary that buyers narrow lists by, parted by |"),
        clears=True,
    ),
    _goods(
        "crafts",
        "手艺词",
        60,
        N_("the same for how it is made, parted by |"),
        clears=True,
    ),
    _goods("craft", "图案", 40, N_("the craft's short word; decides the woven picture")),
    _piece("size", "尺码", 40, N_("size as buyers choose it")),
    _piece("color", "颜色", 40, N_("color as buyers choose it")),
    _piece("color_en", "英文颜色", 40, N_("color in English"), clears=True),
    _piece(
        "own_price",
        "规格价格",
        16,
        N_("price of this size alone, before the first price is approved; else empty"),
    ),
    _piece("for_sale", "可售", 8, N_("yes or no; “no” takes a size off sale")),
    _goods("supply", "供货方式", 16, N_("in_stock, made_to_order or custom")),
    _goods("maker", "制作者编号", 20, N_("the maker's code; never a name"), clears=True),
    _goods("pay_lane", "计酬方式", 16, N_("piece_wage or consignment; new goods only")),
    _goods("share_percent", "分成比例", 4, N_("1 to 100, for consignment; new goods only")),
    _goods("minutes", "每件工时", 6, N_("minutes for one piece, from the time study")),
    _goods("currency", "币种", 8, N_("CNY; nothing else becomes a price")),
    _goods("price", "价格", 16, N_("yuan; a change is a proposal that a second person approves")),
    _goods(
        "pay", "制作者所得", 16, N_("part of the price; empty: worked out from minutes or share")
    ),
    _goods(
        "material_cost", "材料成本", 16, N_("part of the price; empty: as before, else nothing")
    ),
    _goods("pack", "包装", 16, N_("part of the price; empty: as before, else nothing")),
    _goods("fee", "支付手续费", 16, N_("part of the price; empty: 0.6 percent of it")),
    _goods(
        "workshop_part", "工坊部分", 16, N_("part of the price; empty: as before, else nothing")
    ),
    _goods("rest", "公积与结余", 16, N_("part of the price; empty: what is left of it")),
    _goods(
        "photos",
        "照片文件",
        SHORT,
        N_("names of the pictures in the ZIP, parted by |; added behind those that are there"),
    ),
    _goods("photo_alt", "照片说明", SHORT, N_("what each shows, parted by |; empty: the title")),
    _goods("photo_alt_en", "英文照片说明", SHORT, N_("the same in English, parted by |")),
    Column("workshop", "工坊", Level.TOLD, 80, N_("whose goods; must be the workshop at hand")),
    Column("state", "状态", Level.TOLD, 16, N_("for reading only: a file never lists goods")),
    Column(
        "price_state",
        "价格状态",
        Level.TOLD,
        16,
        N_("for reading only: approved, or waits for the second person"),
    ),
)
BY_NAME = {column.name: column for column in COLUMNS}
NAMES = tuple(BY_NAME)
# The parts of a price in the order of ``PriceSplit``.
PARTS = ("pay", "material_cost", "pack", "fee", "workshop_part", "rest")
# Fields that hold several names in one cell.
PICTURE_FIELDS = frozenset({"photos", "photo_alt", "photo_alt_en"})
TERM_FIELDS = ("materials", "crafts")
LISTS = frozenset({*PICTURE_FIELDS, *TERM_FIELDS})

# Words of cells, in English and Chinese; the first of each row is what an export writes.
WORDS: dict[str, dict[str, str]] = {
    "supply": {
        "in_stock": "in_stock",
        "made_to_order": "made_to_order",
        "custom": "custom",
        "现货": "in_stock",
        "接单做": "made_to_order",
        "定做": "custom",
        "定制": "custom",
    },
    "pay_lane": {
        "piece_wage": "piece_wage",
        "consignment": "consignment",
        "计件": "piece_wage",
        "代销": "consignment",
    },
    "for_sale": {
        "yes": "yes",
        "no": "no",
        "是": "yes",
        "否": "no",
        "true": "yes",
        "false": "no",
        "1": "yes",
        "0": "no",
    },
}


def plain_heading(text: str) -> str:
    """Return a heading in one writing: small letters, one kind of blank, no mark before it."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("\ufeff", "").split()).casefold()


_BY_HEADING = {
    plain_heading(heading): column.name
    for column in COLUMNS
    for heading in (column.name, column.name.replace("_", " "), column.chinese)
}


def own_names(head: Sequence[str]) -> list[str | None]:
    """Return our name of each heading, English or Chinese; None for a column that is not ours."""
    return [_BY_HEADING.get(plain_heading(heading)) for heading in head]


def headings(*, in_chinese: bool) -> list[str]:
    """Return the head line of our own format; either language is understood when it comes back."""
    return [column.chinese if in_chinese else column.name for column in COLUMNS]


# A file to begin with: two sizes of one kind of sandals, and a piece that is paid when it sells.
EXAMPLES: tuple[dict[str, str], ...] = (
    {
        "code": "S-01",
        "sku": "S-01-36",
        "title": "手编凉鞋",
        "title_en": "Hand-woven sandals",
        "summary": "棉麻绳一双一双手编，软底不磨脚。",
        "summary_en": "Cotton and ramie cord, woven pair by pair; a soft sole.",
        "material": "棉麻绳、布底",
        "material_en": "Cotton and ramie cord, cloth sole",
        "care": "沾水后阴干，不要暴晒。",
        "care_en": "Let it dry in the shade.",
        "category": "footwear",
        "size": "36",
        "supply": "in_stock",
        "pay_lane": "piece_wage",
        "minutes": "120",
        "currency": "CNY",
        "price": "88.00",
        "material_cost": "12.50",
        "pack": "3.00",
        "workshop_part": "9.00",
        "photos": "S-01-a.jpg|S-01-b.jpg",
        "photo_alt": "一双凉鞋放在门槛上|鞋底的编纹",
        "photo_alt_en": "A pair of sandals on a doorstep|The weave of the sole",
    },
    {"code": "S-01", "sku": "S-01-37", "size": "37"},
    {
        "code": "P-09",
        "title": "小挂件",
        "title_en": "Little pendant",
        "material": "棉绳",
        "care": "用软布轻擦。",
        "category": "pendants",
        "supply": "made_to_order",
        "pay_lane": "consignment",
        "share_percent": "55",
        "currency": "CNY",
        "price": "28.00",
    },
)


def example_rows() -> list[list[str]]:
    """Return the rows of the file to begin with."""
    return [[row.get(name, "") for name in NAMES] for row in EXAMPLES]


def listed(cell: str) -> list[str]:
    """Return the names in one cell, in their order; an empty place keeps its place."""
    return [part.strip() for part in cell.split(LIST_MARK)] if cell.strip() else []


def joined(parts: Iterable[str]) -> str:
    """Return several names as one cell; the mark between them cannot stand in a name."""
    return LIST_MARK.join(part.replace(LIST_MARK, "/") for part in parts)
