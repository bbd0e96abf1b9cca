from __future__ import annotations

import io
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from PIL import Image

from shop.catalog import desk
from shop.catalog import services as catalog
from shop.catalog.options import CustomOption, OptionKind
from shop.catalog.rules import ListingState
from shop.catalog.services import CodeTaken, NewVariant, ProductTexts, TwoPeople
from shop.exchange.files.reading import FileRefused
from shop.exchange.files.stage import staged
from shop.exchange.rules import Choices, Outcome
from shop.kernel.access import SYSTEM, Permission, Scope
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, OutOfReach
from shop.kernel.money import Money
from shop.media.gateway import storage
from shop.media.rules import ORIGINALS
from shop.oversight import proof
from shop.stations import queries as stations
from shop.workflows import catalog_import, listing, picturing
from shop.workflows.catalog_import import ChangedSince, HasErrors
from tests.builders.accounts import a_social_worker
from tests.builders.catalog import a_lister, a_product
from tests.builders.exchange import PENDANT, SANDALS, a_catalog, bringing, outcomes_of
from tests.builders.stations import CIZHU, DENGLIANG, a_member, a_room, a_workshop
from tests.builders.stock import Quantity, a_delivery

EVERYWHERE = Scope(("/",))
TABLES = ("products", "variants", "price_sheets", "piece_rates", "events")


def counts() -> dict[str, int]:
    return {
        table: db.session.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES
    }


def goods(code: str = "S-01"):
    (found,) = [
        desk.listing(one.public_id, EVERYWHERE)
        for one in desk.listings(EVERYWHERE, most=200).items
        if one.code == code
    ]
    return found


def bring_in(folder, *rows, now, **kwargs):
    with bringing(folder, a_catalog(folder, *rows), **kwargs) as one:
        assert one.problems == []
        one.write(now=now)


def test_new_goods_come_as_drafts_with_a_price_that_waits_for_the_second_person(
    app, tmp_path, noon
):
    lister = a_social_worker(at=a_room())
    maker = stations.member(a_member())
    rows = (
        SANDALS | {"sku": "S-01-36", "size": "36", "maker": maker.code},
        {"code": "S-01", "sku": "S-01-37", "size": "37"},
        PENDANT,
    )

    with bringing(tmp_path, a_catalog(tmp_path, *rows), actor=lister) as one:
        assert one.outcomes == ["new", "new", "new"]
        assert counts()["products"] == 0
        assert one.write(now=noon)[Outcome.NEW] == 3

    sandals, pendant = goods("S-01"), goods("P-09")
    assert {sandals.listing.state, pendant.listing.state} == {ListingState.DRAFT}
    assert [variant.sku for variant in sandals.variants] == ["S-01-36", "S-01-37"]
    assert [variant.sku for variant in pendant.variants] == ["P-09"]
    assert sandals.maker_id == maker.id
    (sheet,) = sandals.sheets
    assert [part.minor for part in sheet.split.parts] == [4620, 1250, 300, 53, 900, 1677]
    assert sheet.approved_at is None
    assert pendant.sheets[0].split.pay == Money(1650)
    with pytest.raises(TwoPeople):
        listing.approve_price(
            product_id=sandals.listing.product_id,
            sheet_id=sheet.sheet_id,
            actor=lister,
            now=noon,
        )
    second = a_social_worker(at=a_room())
    listing.approve_price(
        product_id=sandals.listing.product_id, sheet_id=sheet.sheet_id, actor=second, now=noon
    )
    assert [variant.price.minor for variant in goods().variants] == [8800, 8800]
    assert goods().listing.state is ListingState.DRAFT
    assert proof.prove(tell=lambda line: None) == []


def test_the_same_file_again_changes_nothing(app, tmp_path, noon):
    rows = (SANDALS | {"sku": "S-01-36", "size": "36"}, PENDANT)
    bring_in(tmp_path, *rows, now=noon)
    before = counts()

    with bringing(tmp_path, a_catalog(tmp_path, *rows)) as again:
        assert again.outcomes == ["same", "same"]
        again.write(now=noon)

    assert counts() == before


def test_a_bad_row_900_of_1000_leaves_nothing_written(app, tmp_path, noon):
    rows = [PENDANT | {"code": f"P-{number:04d}"} for number in range(1000)]
    rows[899]["price"] = "thirty"
    a_workshop()
    before = counts()

    with bringing(tmp_path, a_catalog(tmp_path, *rows)) as one:
        assert one.problems == [(901, "price_unreadable")]
        assert one.stage.counts()[Outcome.NEW] == 999
        with pytest.raises(HasErrors):
            one.write(now=noon)
    assert counts() == before

    rows[899]["price"] = "30"
    with bringing(tmp_path, a_catalog(tmp_path, *rows)) as one:

        def stop(done: int, of: int) -> None:
            if done >= 800:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            one.write(now=noon, tell=stop)
        assert counts() == before
        one.write(now=noon)
    assert counts()["products"] == 1000


def test_more_goods_than_buyers_can_wait_for_are_refused_by_name(app, tmp_path, monkeypatch):
    monkeypatch.setattr(catalog_import, "MOST_GOODS", 1)
    file = a_catalog(tmp_path, PENDANT, PENDANT | {"code": "P-10"})
    with pytest.raises(FileRefused) as refused, bringing(tmp_path, file):
        pass
    assert refused.value.remark.code == "too_many_goods"


def test_only_the_columns_that_are_there_change_and_empty_cells_clear_what_may_be_empty(
    app, tmp_path, noon
):
    product_id = a_product(now=noon, workshop_id=a_workshop())
    catalog.update_texts(
        product_id=product_id,
        texts=ProductTexts(technique="八股平编", technique_en="Eight strands"),
        actor=SYSTEM,
        now=noon,
    )
    before = goods()

    row = {"code": "S-01", "title": "软底凉鞋", "material": "", "technique_en": "", "summary": ""}
    with bringing(tmp_path, a_catalog(tmp_path, row)) as one:
        (told,) = one.rows
        assert told.changes == (
            ("title", "手编凉鞋", "软底凉鞋"),
            ("summary", "稻草为底,苎麻为面。", ""),
            ("technique_en", "Eight strands", ""),
        )
        one.write(now=noon)

    after = goods()
    assert after.listing.title == "软底凉鞋"
    assert (after.summary, after.technique_en) == ("", None)
    assert (after.material, after.technique, after.care) == (
        before.material,
        "八股平编",
        before.care,
    )
    assert after.listing.state is ListingState.ON_SALE
    assert after.variants == before.variants
    assert after.sheets == before.sheets


def test_a_sku_alone_is_enough_to_change_one_size(app, tmp_path, noon):
    product_id = a_product(now=noon, workshop_id=a_workshop())
    last = desk.listing(catalog_name(product_id), EVERYWHERE).variants[1]
    a_delivery([Quantity(last.variant_id, 2, a_room())], now=noon)

    bring_in(
        tmp_path,
        {"sku": "S-01-37", "color": "靛蓝", "color_en": "indigo", "for_sale": "否"},
        now=noon,
    )

    by_sku = {one.sku: (one.color, one.color_en, one.is_for_sale) for one in goods().variants}
    assert by_sku == {"S-01-36": ("", None, True), "S-01-37": ("靛蓝", "indigo", False)}
    assert proof.prove(tell=lambda line: None) == []


def test_a_new_price_is_a_proposal_and_buyers_go_on_paying_the_old_one(app, tmp_path, noon):
    a_product(now=noon, workshop_id=a_workshop())

    with bringing(tmp_path, a_catalog(tmp_path, {"code": "S-01", "price": "92.00"})) as one:
        assert [name for name, _, _ in one.rows[0].changes] == ["price", "fee", "rest"]
        one.write(now=noon)

    sandals = goods()
    assert sandals.listing.price == Money(8800)
    assert [(s.split.price.minor, s.is_in_force) for s in sandals.sheets] == [
        (9200, False),
        (8800, True),
    ]
    assert outcomes_of(tmp_path, a_catalog(tmp_path, {"code": "S-01", "price": "92"})) == ["same"]


def test_what_may_be_woven_to_a_wish_stays_with_a_price_from_a_file(app, tmp_path, noon):
    product_id = a_product(now=noon, workshop_id=a_workshop())
    name = CustomOption("name", OptionKind.TEXT, "绣名字", most_letters=4)
    catalog.propose_price(
        product_id=product_id,
        split=goods().sheets[0].split,
        options=[name],
        actor=SYSTEM,
        now=noon,
    )

    bring_in(tmp_path, {"code": "S-01", "price": "92"}, now=noon)

    assert [one.options for one in goods().sheets] == [(name,), (name,), ()]


def test_nothing_comes_on_sale_by_a_file(app, tmp_path, noon):
    a_product(now=noon, workshop_id=a_workshop())

    with bringing(
        tmp_path,
        a_catalog(
            tmp_path,
            {"code": "S-01", "sku": "S-01-38", "size": "38", "for_sale": "yes", "state": "on_sale"},
            PENDANT | {"state": "on_sale"},
        ),
    ) as one:
        assert (2, "no_size_yet") in one.notes
        one.write(now=noon)

    assert [(v.sku, v.is_for_sale) for v in goods().variants][-1] == ("S-01-38", False)
    assert goods("P-09").listing.state is ListingState.DRAFT


WRONG = [
    ({"code": "S-01", "pay_lane": "consignment"}, "lane_stands"),
    ({"code": "S-01", "sku": "S-01-36", "own_price": "99"}, "own_price_later"),
    ({"code": "S-01", "sku": "S-01-39", "size": "36"}, "choice_has_other_sku"),
    ({"code": "S-01", "sku": "S-01-36", "size": "37"}, "choice_has_other_sku"),
    ({"code": "X-01", "title": "新", "sku": "S-01-36"}, "sku_elsewhere"),
    ({"code": "X-01", "title": "新", "category": "nowhere"}, "unknown_category"),
    ({"code": "X-01", "title": "新", "maker": "M-999"}, "unknown_maker"),
    ({"code": "X-01", "title": "新", "price": "88"}, "pay_unsaid"),
    ({"code": "X-01", "title": "新", "pay_lane": "consignment"}, "share_wrong"),
    ({"code": "X-01", "material": "棉"}, "no_title"),
    ({"code": "S-01", "price": "20"}, "split_does_not_add_up"),
    ({"code": "S-01", "price": "88", "pay": "40", "rest": "22.97"}, "pay_not_behind_price"),
    ({"code": "S-01", "title": "鞋", "workshop": "cizhu"}, "other_workshop"),
    ({"sku": "S-99", "color": "红"}, "unknown_sku"),
    ({"code": "S-01", "title": "鞋", "photos": "gone.jpg"}, "no_such_picture"),
    ({"code": "S-01", "sku": "S-01-36/2", "color": "红"}, "second_grade"),
]


def test_what_cannot_be_is_an_error_of_its_row(app, tmp_path, noon):
    product_id = a_product(now=noon, workshop_id=a_workshop())
    first = desk.listing(catalog_name(product_id), EVERYWHERE).variants[0]
    catalog.second_grade_of(variant_id=first.variant_id)

    found = []
    for row, _ in WRONG:
        with bringing(tmp_path, a_catalog(tmp_path, row)) as one:
            found.append((row, *[code for _, code in one.problems]))

    assert found == WRONG


def catalog_name(product_id: int) -> str:
    return next(
        one.public_id
        for one in desk.listings(EVERYWHERE, most=200).items
        if one.product_id == product_id
    )


def test_two_rows_of_one_file_do_not_contradict_each_other(app, tmp_path):
    rows = (
        PENDANT | {"sku": "A", "size": "1"},
        {"code": "P-09", "sku": "A", "size": "2"},
        {"code": "P-09", "sku": "B", "size": "1"},
        {"code": "P-09", "sku": "C", "title": "大挂件"},
    )

    with bringing(tmp_path, a_catalog(tmp_path, *rows)) as one:
        assert one.problems == [(3, "sku_twice"), (4, "choice_twice"), (5, "rows_differ")]


def test_goods_that_changed_since_the_dry_run_are_not_written_over(app, tmp_path, noon):
    product_id = a_product(now=noon, workshop_id=a_workshop())
    split = goods().sheets[0].split
    system = {"actor": SYSTEM, "now": noon, "product_id": product_id}
    acts = (
        lambda: catalog.update_texts(texts=ProductTexts(care="手洗"), **system),
        lambda: catalog.add_variants(variants=[NewVariant("S-9", "9")], **system),
        lambda: catalog.propose_price(split=split, **system),
        lambda: catalog.pause(**system),
    )

    for act in acts:
        rows = (PENDANT, {"code": "S-01", "title": "软底凉鞋"})
        with bringing(tmp_path, a_catalog(tmp_path, *rows)) as one:
            act()
            before = counts()
            with pytest.raises(ChangedSince):
                one.write(now=noon)
        assert counts() == before
    assert goods().listing.title == "手编凉鞋"


def test_of_two_people_who_bring_the_same_goods_the_second_looks_again(app, tmp_path, noon):
    file = a_catalog(tmp_path, SANDALS)
    with bringing(tmp_path, file) as one, bringing(tmp_path, file, name="other") as other:
        one.write(now=noon)
        with pytest.raises(ChangedSince):
            other.write(now=noon)

    assert counts()["products"] == 1
    assert outcomes_of(tmp_path, file) == ["same"]


def test_of_two_who_write_in_the_same_moment_one_wins_and_nothing_is_half_there(
    app, tmp_path, noon
):
    a_product(now=noon, workshop_id=a_workshop())
    rows = [PENDANT | {"code": f"P-{number:03d}"} for number in range(60)]
    rows.append({"code": "S-01", "title": "软底凉鞋"})
    file = a_catalog(tmp_path, *rows)
    for name in ("one", "other"):
        with bringing(tmp_path, file, name=name):
            pass
    before, gate = counts(), threading.Barrier(2)

    def write(name: str) -> str:
        with app.app_context(), staged(tmp_path / f"{name}.sqlite3") as stage:
            gate.wait()
            try:
                catalog_import.write(
                    stage=stage,
                    pictures={},
                    workshop_id=a_workshop(),
                    actor=SYSTEM,
                    now=noon,
                    tell=catalog_import.quietly,
                )
            except (ChangedSince, CodeTaken):
                return "looks again"
            finally:
                db.session.remove()
            return "written"

    with ThreadPoolExecutor(2) as people:
        ended = sorted(people.map(write, ("one", "other")))

    db.session.rollback()
    assert ended == ["looks again", "written"]
    assert counts()["products"] == before["products"] + 60
    assert counts()["price_sheets"] == before["price_sheets"] + 60
    assert set(outcomes_of(tmp_path, file)) == {"same"}


def test_codes_of_another_workshop_are_out_of_reach(app, tmp_path, noon):
    here, there = a_workshop(), a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    a_product(now=noon, workshop_id=there, title="山脊墙饰")
    path = stations.path_of(a_room(DENGLIANG))
    lister = a_lister(path=path, user_id=1)
    file = a_catalog(tmp_path, {"code": "S-01", "title": "改名"})

    with bringing(tmp_path, file, actor=lister, workshop_id=here) as one:
        assert one.outcomes == ["new"]
    with (
        pytest.raises(OutOfReach),
        bringing(tmp_path, file, actor=lister, workshop_id=there),
    ):
        pass
    inspector = a_lister(path=path, user_id=2, permissions=(Permission.INSPECT,))
    with (
        pytest.raises(Forbidden),
        bringing(tmp_path, file, actor=inspector, workshop_id=here),
    ):
        pass
    with bringing(tmp_path, file, workshop_id=there) as one, pytest.raises(OutOfReach):
        catalog_import.write(
            stage=one.stage,
            pictures={},
            workshop_id=there,
            actor=lister,
            now=noon,
            tell=catalog_import.quietly,
        )
    assert goods().listing.title == "山脊墙饰"


def test_other_shops_goods_come_in_with_a_share_or_without_a_price(app, tmp_path, noon):
    file = tmp_path / "shopify.csv"
    file.write_text(
        "Handle,Title,Body (HTML),Type,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
        'basket,Rush basket,"<p>From the <b>marsh</b>.</p><script>x</script>",Home,Size,S,,45\n'
        "basket,,,,,M,,55\n",
        encoding="utf-8",
    )
    catalog.add_category(slug="home", name="家饰", name_en="Home", position=1)

    with bringing(tmp_path, file, choices=Choices(currency="CNY")) as one:
        assert (2, "no_sheet") in one.notes
    with bringing(tmp_path, file, choices=Choices(currency="CNY", share_percent=50)) as one:
        one.write(now=noon)
    basket = goods("basket")
    assert (basket.listing.title, basket.summary_en) == ("Rush basket", "From the marsh.")
    assert basket.category_slug == "home"
    assert basket.sheets[0].split.pay == Money(2250)
    assert [(v.sku, v.size, v.price.minor) for v in basket.variants] == [
        ("basket-01", "S", 0),
        ("basket-02", "M", 5500),
    ]
    choices = Choices(currency="CNY", share_percent=50)
    assert outcomes_of(tmp_path, file, choices=choices) == ["same", "same"]


def a_zip(folder, **pictures: bytes):
    file = folder / "pictures.zip"
    with zipfile.ZipFile(file, "w") as package:
        for name, data in pictures.items():
            package.writestr(f"photos/{name}", data)
    return file


def a_photograph(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40 + shade, 50), (shade, 120, 60)).save(out, "JPEG")
    return out.getvalue()


def test_pictures_come_from_the_zip_by_their_names_with_their_words(app, tmp_path, noon):
    pictures = a_zip(tmp_path, **{"A.jpg": a_photograph(1), "b.jpg": a_photograph(2)})
    row = PENDANT | {"photos": "a.JPG|b.jpg", "photo_alt": "正面|", "title_en": "Pendant"}
    file = a_catalog(tmp_path, row)
    with bringing(tmp_path, file, pictures=pictures) as one:
        assert [change for change in one.rows[0].changes if change[0] == "photos"] == [
            ("photos", "", "a.JPG"),
            ("photos", "", "b.jpg"),
        ]
        assert list(storage().lying(ORIGINALS)) == []
        one.write(now=noon)

    hung = goods("P-09").photos
    assert [(one.alt, one.alt_en) for one in hung] == [("正面", "Pendant"), ("小挂件", "Pendant")]
    assert outcomes_of(tmp_path, file, pictures=pictures) == ["same"]
    more = a_zip(tmp_path, **{"a.jpg": a_photograph(1), "c.jpg": a_photograph(3)})
    again = a_catalog(tmp_path, {"code": "P-09", "photos": "a.jpg|c.jpg"})
    with bringing(tmp_path, again, pictures=more) as one:
        assert [after for _, _, after in one.rows[0].changes] == ["c.jpg"]
        one.write(now=noon)
    assert len(goods("P-09").photos) == 3
    assert picturing.make_next(now=noon)


def test_pictures_that_cannot_be_used_are_errors_of_their_rows_and_nothing_is_kept(
    app, tmp_path, noon
):
    pictures = a_zip(
        tmp_path,
        **{
            "page.jpg": b"<svg onload=alert(1)>",
            "half.jpg": b"\xff\xd8\xff\xe0",
            "good.jpg": a_photograph(1),
        },
    )
    rows = [PENDANT | {"code": f"P-{name}", "photos": f"{name}.jpg"} for name in ("page", "half")]
    rows += [PENDANT | {"code": "P-none", "photos": "none.jpg"}]
    rows += [PENDANT | {"code": "P-good", "photos": "good.jpg"}]
    lying = len(list(storage().lying(ORIGINALS)))

    with bringing(tmp_path, a_catalog(tmp_path, *rows), pictures=pictures) as one:
        assert one.problems == [
            (2, "not_a_picture"),
            (3, "picture_damaged"),
            (4, "no_such_picture"),
        ]
        with pytest.raises(HasErrors):
            one.write(now=noon)
    assert len(list(storage().lying(ORIGINALS))) == lying
    many = PENDANT | {"photos": "|".join(f"{n}.jpg" for n in range(13))}
    pictures = a_zip(tmp_path, **{f"{n}.jpg": a_photograph(n) for n in range(13)})
    with bringing(tmp_path, a_catalog(tmp_path, many), pictures=pictures) as one:
        assert one.problems == [(2, "too_many_pictures_of_goods")]


def test_goods_that_have_ended_are_left_alone(app, tmp_path, noon):
    product_id = a_product(now=noon, workshop_id=a_workshop())
    catalog.end(product_id=product_id, actor=SYSTEM, now=noon)

    with bringing(tmp_path, a_catalog(tmp_path, {"code": "S-01", "title": "改名"})) as one:
        assert one.problems == [(2, "goods_ended")]
    assert outcomes_of(tmp_path, a_catalog(tmp_path, {"code": "S-01", "title": "手编凉鞋"})) == [
        "same"
    ]
