"""A catalog that somebody brought this morning: looked at, and waiting for a decision."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from shop.exchange import services as exchange
from shop.exchange.files.columns import BY_NAME
from shop.exchange.rules import Choices
from shop.workflows import catalog_files

if TYPE_CHECKING:
    from shop.demo.load import Story

NAME = "秋天上新.csv"
HEAD = (
    "code", "sku", "title", "title_en", "material", "care", "size", "color", "supply", "minutes",
    "price", "material_cost", "pack", "workshop_part",
)  # fmt: skip
ROWS = (
    (
        "W-11", "W-11-S", "玉米皮小篮", "Corn-husk basket", "玉米皮、棉线", "不要浸水，阴处晾干。",
        "小", "本色", "现货", "75", "58.00", "6.00", "2.50", "6.00",
    ),
    ("W-11", "W-11-L", "", "", "", "", "大", "本色"),
    (
        "W-12", "", "羊毛毡杯垫", "Felted wool coaster", "本地羊毛", "冷水轻洗，平铺晾干。",
        "", "", "接单做", "35", "26.00", "3.50", "1.00", "2.50",
    ),
    ("S-01", "", "手编凉鞋", "Hand-woven sandals", "", "", "", "", "", "", "92.00"),
    ("P-01", "", "小挂件·山花", "Mountain-flower pendant"),
)  # fmt: skip


def tell(story: Story) -> None:
    """Bring the file as the social worker did, and let the worker read it."""
    text = io.StringIO()
    writer = csv.writer(text)
    # As people at the desk see it: with Chinese headings.
    writer.writerow([BY_NAME[name].chinese for name in HEAD])
    writer.writerows([*row, *[""] * (len(HEAD) - len(row))] for row in ROWS)
    exchange.receive(
        workshop_id=story.workshops["dengliang"],
        catalog=io.BytesIO(text.getvalue().encode("utf-8-sig")),
        name=NAME,
        pictures=None,
        pictures_name=None,
        choices=Choices(),
        actor=story.people["zhoumin"],
        now=story.ago(0.05),
    )
    catalog_files.work_next(now=story.ago(0.05))
