from __future__ import annotations

import csv
import io
from datetime import timedelta

import openpyxl
import pytest

from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.catalog import desk
from shop.catalog import services as catalog
from shop.catalog.services import ProductTexts
from shop.exchange import gateway
from shop.exchange import services as exchange
from shop.exchange.files import reading
from shop.kernel.access import SYSTEM, Scope
from shop.workflows import catalog_files
from tests.builders.catalog import a_product
from tests.builders.stations import CIZHU, a_room, a_workshop

EVERYWHERE = Scope(("/",))
PAGE = "/desk/goods/catalog"
SANDALS = (
    "code,title,material,care,minutes,price,material_cost,pack,workshop_part\n"
    "S-01,手编凉鞋,棉麻绳,阴干,120,88,12.50,3,9\n"
)


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def zhou_min(worker, in_app):
    in_app(a_workshop)
    visitor = worker()
    visitor.open(f"{PAGE}?lang=en")
    return visitor


@pytest.fixture
def works(in_app, noon):
    """Let the worker do all that waits for it."""

    def work():
        while in_app(lambda: catalog_files.work_next(now=noon)):
            pass

    return work


def bring(visitor, text: str | bytes = SANDALS, *, status: int = 303, **fields) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    data = {
        "workshop_slug": "dengliang",
        "catalog": (io.BytesIO(content), "春天.csv"),
        "other_currency": "refuse",
        **fields,
    }
    return visitor.send(PAGE, data, status=status).location


def codes(in_app) -> dict[str, str]:
    return {
        one.code: one.title for one in in_app(lambda: desk.listings(EVERYWHERE, most=200).items)
    }


def test_a_file_is_looked_at_first_and_written_when_a_person_says_so(zhou_min, in_app, works):
    page = bring(zhou_min)
    assert "Waits for its turn" in words(zhou_min.open(page))
    works()

    seen = words(zhou_min.open(page))
    assert "our own columns" in seen
    assert "春天.csv" in seen
    assert "<ins>88.00</ins>" in seen
    assert codes(in_app) == {}

    zhou_min.send(f"{page}/write", via=page, status=303)
    zhou_min.send(f"{page}/write", via=PAGE, status=303)
    assert "All of it is written, or nothing" in words(zhou_min.open(page))
    works()

    assert "New goods are drafts" in words(zhou_min.open(page))
    assert codes(in_app) == {"S-01": "手编凉鞋"}
    assert "手编凉鞋" in words(zhou_min.open("/desk/goods?state=waiting"))


def test_wrong_rows_are_named_by_line_and_hold_the_file_back(zhou_min, in_app, works):
    page = bring(zhou_min, f"{SANDALS}S-02,=1+1,棉,洗,60,many,,,\n")
    works()

    seen = words(zhou_min.open(page))
    assert "“many” is not a sum in yuan" in seen
    assert "Nothing can be written yet" in seen
    assert f"{page}/write" not in seen
    zhou_min.send(f"{page}/write", via=page, status=409)
    only_wrong = words(zhou_min.open(f"{page}?show=error"))
    assert "S-02" in only_wrong
    assert "S-01" not in only_wrong.split("desk-tabs")[1]

    report = zhou_min.open(f"{page}/report.csv")
    assert report.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(words(report).removeprefix("\ufeff"))))
    assert ["3", "error", "S-02", "", "“many” is not a sum in yuan such as 88 or 46.20"] in rows
    assert codes(in_app) == {}


def test_what_changed_after_the_dry_run_is_shown_again_before_it_is_written(
    zhou_min, in_app, works, noon
):
    product_id = in_app(lambda: a_product(now=noon, workshop_id=a_workshop()))
    page = bring(zhou_min, "code,title\nS-01,软底凉鞋\n")
    works()
    in_app(
        lambda: catalog.update_texts(
            product_id=product_id, texts=ProductTexts(care="手洗"), actor=SYSTEM, now=noon
        )
    )
    zhou_min.send(f"{page}/write", via=page, status=303)
    works()

    seen = words(zhou_min.open(page))
    assert "somebody changed S-01 after the last look" in seen
    assert codes(in_app) == {"S-01": "手编凉鞋"}
    zhou_min.send(f"{page}/write", via=page, status=303)
    works()
    assert codes(in_app) == {"S-01": "软底凉鞋"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"colour;weight\n1;2\n", "belongs to no format known here"),
        (b"\x89PNG\r\n\x1a\n\x00", "neither UTF-8 nor GBK"),
        (b"Handle,Title,Variant Price\na,A,5\n", "does not say in which currency"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_can_be_thrown_away(zhou_min, works, content, says):
    page = bring(zhou_min, content)
    works()

    assert says in words(zhou_min.open(page))
    zhou_min.send(f"{page}/discard", via=page, status=303)
    zhou_min.open(page, status=404)


def test_too_many_bytes_are_refused_by_name_and_nothing_is_kept(zhou_min, monkeypatch):
    monkeypatch.setattr(exchange, "MOST_FILE_BYTES", 10)
    before = gateway.lying()

    refused = zhou_min.send(
        PAGE,
        {
            "workshop_slug": "dengliang",
            "catalog": (io.BytesIO(SANDALS.encode()), "a.csv"),
            "other_currency": "refuse",
        },
        status=422,
    )

    assert "larger than 0 MB" in words(refused)
    assert gateway.lying() == before


def test_an_odd_file_name_is_kept_as_one_short_line(zhou_min, works):
    name = "<script>alert(1)</script>\u202e" + "長" * 300 + "  .csv"
    page = bring(zhou_min, catalog=(io.BytesIO(b"code,weird \x01 heading\n1,2\n"), name))
    works()

    seen = words(zhou_min.open(page))
    assert "長 .csv" in seen
    assert "<script>alert" not in seen
    assert "weird heading" in seen


def test_a_workshop_has_so_many_uploads_at_most(zhou_min, monkeypatch):
    monkeypatch.setattr(exchange, "MOST_LYING", 1)
    page = bring(zhou_min)
    bring(zhou_min, status=409)
    zhou_min.send(f"{page}/discard", via=PAGE, status=303)
    bring(zhou_min)


def test_a_form_without_a_file_comes_back_with_its_choices(zhou_min):
    refused = zhou_min.send(
        PAGE,
        {"workshop_slug": "dengliang", "currency": "EUR", "share_percent": "120"},
        status=422,
    )

    page = words(refused)
    assert "Choose the file of goods." in page
    assert "Between 1 and 100." in page
    assert '<option value="EUR" selected>' in page


def test_a_gbk_file_from_another_shop_is_read_and_said(zhou_min, in_app, works):
    page = bring(
        zhou_min,
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\nlamp,竹编灯罩,尺码,大,128\n".encode(
            "gbk"
        ),
        currency="CNY",
        share_percent="55",
    )
    works()

    seen = words(zhou_min.open(page))
    assert "Shopify’s columns" in seen
    assert "the text was read as GBK" in seen
    zhou_min.send(f"{page}/write", via=page, status=303)
    works()
    assert codes(in_app) == {"lamp": "竹编灯罩"}


def test_another_villages_files_and_workshops_are_not_there(zhou_min, worker, in_app, works):
    in_app(lambda: a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊"))
    page = bring(zhou_min)
    works()
    stranger = worker(Role.SOCIAL_WORKER, at=in_app(lambda: a_room(CIZHU)))

    for path in (page, f"{page}/report.csv"):
        stranger.open(path, status=404)
    for act in ("write", "discard"):
        stranger.send(f"{page}/{act}", via=PAGE, status=404)
    assert "春天.csv" not in words(stranger.open(PAGE))
    bring(stranger, status=422)
    worker(Role.INSPECTOR).send(PAGE, {}, via="/account", status=403)


def test_whoever_lost_the_right_meanwhile_writes_nothing(zhou_min, in_app, works, noon):
    page = bring(zhou_min)
    works()
    zhou_min.send(f"{page}/write", via=page, status=303)
    in_app(lambda: accounts.switch_off(user_id=zhou_min.who.user_id, actor=SYSTEM, now=noon))
    works()
    assert codes(in_app) == {}


def test_a_killed_worker_leaves_the_file_to_the_next_one_and_gives_up_after_three(
    zhou_min, in_app, works, noon, monkeypatch
):
    page = bring(zhou_min)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(reading, "open_table", die)
        for minutes in (0, 10, 20):
            with pytest.raises(KeyboardInterrupt):
                in_app(lambda at=noon + timedelta(minutes=minutes): catalog_files.work_next(now=at))
            assert (
                in_app(lambda at=noon + timedelta(minutes=minutes): catalog_files.work_next(now=at))
                is False
            )
    in_app(lambda: catalog_files.work_next(now=noon + timedelta(minutes=30)))
    assert "something went wrong" in words(zhou_min.open(page))


def test_uploads_are_gone_after_seven_days(zhou_min, in_app, works, clock, noon):
    page = bring(zhou_min)
    works()
    name = page.rpartition("/")[2]
    in_app(lambda: exchange.tidy(now=noon + timedelta(days=6)))
    assert gateway.place_of(name).is_there

    assert in_app(lambda: exchange.tidy(now=noon + timedelta(days=8))) >= 1
    assert not gateway.place_of(name).is_there
    assert "No rows to show" in words(zhou_min.open(page))


def test_goods_go_out_in_our_columns_and_in_those_of_others(zhou_min, in_app, works, noon):
    in_app(lambda: a_product(now=noon, workshop_id=a_workshop()))

    sent = zhou_min.open(f"{PAGE}/export?format=csv")
    assert sent.mimetype == "text/csv"
    assert sent.headers["Cache-Control"] == "no-store"
    assert words(sent).startswith("\ufeffcode,sku,title")
    assert "S-01-36" in words(sent)
    chinese = zhou_min.open(f"{PAGE}/export?format=csv&lang=zh")
    assert words(chinese).startswith("\ufeff商品编号,货号,名称")
    assert words(zhou_min.open(f"{PAGE}/export?format=shopify&lang=en")).startswith("\ufeffHandle")
    assert words(zhou_min.open(f"{PAGE}/export?format=woocommerce")).startswith("\ufeffID,Type")
    book = zhou_min.open(f"{PAGE}/export?format=xlsx")
    content = book.data
    book.close()
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.value for cell in sheet[2]][:2] == ["S-01", "S-01-36"]
    assert "S-01" not in words(zhou_min.open(f"{PAGE}/export?format=csv&workshop=nowhere"))[:30]

    for text in (words(chinese), content):
        page = bring(zhou_min, text)
        works()
        seen = words(zhou_min.open(page))
        assert "There is nothing to write" in seen


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_comes_in_as_it_is_but_for_its_pictures(zhou_min, in_app, works, kind):
    for slug, name in (("footwear", "鞋"), ("pendants", "挂件")):
        in_app(
            lambda slug=slug, name=name: catalog.add_category(
                slug=slug, name=name, name_en=slug, position=1
            )
        )
    with zhou_min.open(f"{PAGE}/template.{kind}") as template:
        page = bring(zhou_min, template.data)
    works()
    seen = words(zhou_min.open(page))
    assert seen.count("is not in the ZIP") == 2
    assert "status-sure" in seen


def test_the_help_page_explains_every_column(zhou_min):
    page = words(zhou_min.open(f"{PAGE}/help"))
    for name in ("own_price", "货号", "photo_alt_en", "empties the field"):
        assert name in page
