from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from shop.catalog import services, window
from shop.catalog.checks import CHECKS
from shop.catalog.services import NewVariant, ProductTexts
from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.search import queries
from shop.search import services as search
from shop.search.rules import EntryKind, TooFewWords, group_of
from shop.stations import services as stations
from shop.stations.rules import ConsentPurpose
from shop.workflows import finding
from tests.builders.catalog import a_product
from tests.builders.stations import CIZHU, a_county, a_member, a_room, a_workshop

NOON = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)


def codes(query: str) -> list[str]:
    return [card.code for card in window.cards_of(queries.find(query).ids, now=NOON)]


@pytest.fixture
def maker(app):
    return a_member(workshop_id=a_workshop(), consents=(ConsentPurpose.NAME,))


@pytest.fixture
def shelf(app, noon, maker):
    workshop = a_workshop()
    services.add_category(slug="footwear", name="鞋", name_en="Footwear", position=1)
    a_product(now=noon, workshop_id=workshop, maker_id=maker, category="footwear")
    a_product(
        now=noon,
        workshop_id=workshop,
        code="P-01",
        title="向日葵小挂件",
        title_en="Sunflower pendant",
        variants=(NewVariant(sku="P-01-RED", color="红", color_en="red"),),
    )
    a_product(
        now=noon, workshop_id=workshop, code="S-03", title="手编拖鞋", title_en="House shoes, woven"
    )
    while events.deliver_due(now=noon):
        pass
    return workshop


FOUND = [
    ("凉鞋", ["S-01"]),
    ("手编 凉鞋", ["S-01"]),
    ("凉 鞋", ["S-01"]),
    ("涼鞋", ["S-01"]),
    ("手編的涼鞋", ["S-01"]),
    ("liangxie", ["S-01"]),
    ("liang xie", ["S-01", "S-03"]),  # 鞋 of 灯梁, too
    ("shoubianliangxie", ["S-01"]),
    ("lx", ["S-01"]),
    ("鞋", ["S-03", "S-01"]),
    ("手编", ["S-03", "S-01"]),
    ("sandals", ["S-01"]),
    ("sandal", ["S-01"]),
    ("ＳＡＮＤＡＬＳ", ["S-01"]),
    ("house shoes", ["S-03"]),
    ("居家鞋", ["S-03"]),
    ("吊坠", ["P-01"]),
    ("挂饰", ["P-01"]),
    ("guashi", ["P-01"]),
    ("S-01", ["S-01"]),
    ("s01", ["S-01"]),
    ("p-01-red", ["P-01"]),
    ("red pendant", ["P-01"]),
    ("灯梁", ["S-03", "P-01", "S-01"]),
    ("鸡鸣乡", ["S-03", "P-01", "S-01"]),
    ("Chengkou", ["S-03", "P-01", "S-01"]),
    ("chengkouxian", ["S-03", "P-01", "S-01"]),
    ("苎麻 挂件", ["P-01"]),
    ("王秀兰", ["S-01"]),
    ("wang xiulan", ["S-01"]),
    ("Xiulan Wang", ["S-01"]),
    ("王秀兰的凉鞋", ["S-01"]),
    ("", []),
    ("%", []),
    ("');DROP TABLE products;--", []),
    ("\x00凉鞋", ["S-01"]),
]


def test_goods_are_found_as_people_type(shelf):
    assert [(query, codes(query)) for query, _ in FOUND] == FOUND


MEANT = [
    ("sandels", "sandals", ["S-01"]),
    ("sndals", "sandals", ["S-01"]),
    ("凉协", "凉鞋", ["S-01"]),
    ("良鞋", "凉鞋", ["S-01"]),
    ("手编凉协", "手编凉鞋", ["S-01"]),
    ("挂见", "挂件", ["P-01"]),
    ("娘鞋", "凉鞋", ["S-01"]),
    ("liangxei", "凉鞋", ["S-01"]),
    ("sunflo", "sunflower", ["P-01"]),
]


def test_what_was_mistyped_is_understood_and_said(shelf):
    answers = [(query, queries.find(query).instead, codes(query)) for query, *_ in MEANT]
    assert answers == MEANT


def test_a_word_that_nothing_says_is_left_out_and_named(shelf):
    answer = queries.find("凉鞋 xyzzyq")
    assert (answer.missing, answer.instead) == (("xyzzyq",), None)
    assert codes("凉鞋 xyzzyq") == ["S-01"]
    assert queries.find("xyzzyq") == queries.Found(missing=("xyzzyq",))


def test_words_that_nothing_has_together_find_what_has_some_of_them(shelf):
    answer = queries.find("凉鞋 挂件")
    assert answer.is_loose
    assert sorted(codes("凉鞋 挂件")) == ["P-01", "S-01"]


def test_the_best_place_of_a_word_comes_first_and_the_newest_among_equals(shelf, noon):
    for code, title, texts in [
        ("A-1", "凉鞋挂件", {}),
        ("A-2", "凉鞋", {}),
        ("A-3", "鞋袋", {"technique": "凉鞋同款编法"}),
        ("A-4", "收纳袋", {"summary": "可放凉鞋"}),
        ("A-5", "儿童凉鞋", {}),
    ]:
        product = a_product(now=noon, workshop_id=shelf, code=code, title=title, title_en="Thing")
        if texts:
            services.update_texts(
                product_id=product, texts=ProductTexts(**texts), actor=SYSTEM, now=noon
            )
    # The very title, titles that end so, a title that has it, the technique, the text.
    assert codes("凉鞋") == ["A-2", "A-5", "S-01", "A-1", "A-3", "A-4"]


def test_a_withdrawn_name_finds_nothing_from_the_next_search_on(shelf, maker, noon):
    assert codes("王秀兰") == ["S-01"]

    stations.withdraw_consent(member_id=maker, purpose=ConsentPurpose.NAME, actor=SYSTEM, now=noon)

    assert codes("王秀兰") == []
    assert codes("wangxiulan") == []
    kept = queries.kept_of(list(queries.find("凉鞋").ids))
    assert not any("秀" in word or "xiulan" in word for words in kept.values() for word in words)


def test_words_of_a_station_mean_the_same_below_it_at_once(shelf, noon):
    elsewhere = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹土布坊")
    a_product(
        now=noon, workshop_id=elsewhere, code="C-01", title="草凉鞋", title_en="Straw sandals"
    )
    given = {"actor": SYSTEM, "now": noon}
    assert codes("麻窝子") == []

    group = search.call_alike(words="麻窝子，凉鞋、cool shoes", station_id=a_room(), **given)
    assert codes("麻窝子") == ["S-01"]
    assert codes("cool shoes") == ["S-01"]

    search.call_alike(words="麻窝子，挂件", station_id=a_room(), group_id=group, **given)
    assert codes("麻窝子") == ["P-01"]

    search.call_alike(words="麻窝子，凉鞋", station_id=a_county(), **given)
    assert codes("麻窝子") == ["C-01", "P-01", "S-01"]

    search.part_words(group_id=group, **given)
    assert codes("麻窝子") == ["C-01", "S-01"]


@pytest.mark.parametrize("words", ["凉鞋", "凉鞋，涼鞋", ",;、\n", "凉鞋,\u200b", "SANDALS,sandal"])
def test_a_group_of_one_word_is_refused(words):
    with pytest.raises(TooFewWords):
        group_of(words)


def test_workshops_experiences_and_shelves_are_found_with_the_goods(shelf):
    found = queries.find("灯梁编织坊")
    assert [e.title for e in found.entries_of(EntryKind.WORKSHOP)] == ["灯梁编织坊"]
    assert [e.slug for e in queries.find("footwear").entries_of(EntryKind.SHELF)] == ["footwear"]


def test_a_paused_product_is_not_found_until_it_is_back(shelf, noon):
    (product_id,) = queries.find("凉鞋").ids

    services.pause(product_id=product_id, actor=SYSTEM, now=noon)
    assert queries.find("凉鞋").ids == ()

    services.resume(product_id=product_id, actor=SYSTEM, now=noon)
    assert queries.find("凉鞋").ids == (product_id,)


def test_a_changed_title_is_found_under_its_new_words_only(shelf, noon):
    (product_id,) = queries.find("凉鞋").ids

    services.update_texts(
        product_id=product_id,
        texts=ProductTexts(title="草编夏履", title_en="Summer shoes"),
        actor=SYSTEM,
        now=noon,
    )

    assert queries.find("夏履").ids == (product_id,)
    assert queries.find("凉鞋").ids == ()


def test_a_renamed_village_is_found_by_its_new_name_only(shelf, noon, tmp_path):
    room = a_room()
    for name, text in {
        "areas.csv": "code,name\n500229,城口县\n",
        "streets.csv": "code,name,areaCode\n500229212,鸡鸣乡,500229\n",
        "villages.csv": "code,name,streetCode\n500229212202,新梁子村村民委员会,500229212\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    stations.import_divisions(tmp_path, now=noon, open_rooms=1)
    while events.deliver_due(now=noon):
        pass

    assert room
    assert codes("新梁子村") == ["S-03", "P-01", "S-01"]
    assert queries.find("新梁子村").entries_of(EntryKind.WORKSHOP)
    assert codes("灯梁村") != ["S-03", "P-01", "S-01"] or queries.find("灯梁村").instead


def test_the_index_written_anew_is_the_index_kept_in_step(shelf, noon):
    before = queries.kept_of(list(queries.find("手编").ids))
    stray = max(queries.find("灯梁").ids) + 5
    search.put_goods([queries.rules.Facts(subject_id=stray, titles=("手编",))])
    assert not queries.is_current()

    written = finding.write_anew()

    assert (written.goods, written.workshops) == (3, 1)
    assert queries.is_current()
    assert finding.write_anew_if_needed() is None
    assert queries.kept_of(list(before)) == before
    assert [finding for check in CHECKS for finding in check.run()] == []
    assert stray not in queries.find("手编").ids


def test_a_search_takes_two_statements_and_writes_nothing(shelf):
    seen: list[str] = []

    def note(*event):
        seen.append(event[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        queries.find("手编 凉鞋 灯梁")
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len([s for s in seen if s.lstrip().upper().startswith("SELECT")]) == 2
