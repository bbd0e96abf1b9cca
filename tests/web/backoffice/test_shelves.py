from __future__ import annotations

import re

from shop.accounts.rules import Role
from tests.builders.orders import some_goods
from tests.builders.stations import CIZHU, a_county, a_room, a_workshop


def titles(text):
    return re.findall(r"T-\d+ (\S+?)</", text)


def fill(visitor, slug, act, goods):
    page = visitor.open(f"/desk/shelves/{slug}").get_data(as_text=True)
    product = re.search(rf'value="(prd_\w+)"(?=(?:(?!prd_).)*?value="{act}")', page, re.DOTALL)
    assert product, goods
    visitor.send(
        f"/desk/shelves/{slug}/goods",
        {"act": act, "product": product[1]},
        via=f"/desk/shelves/{slug}",
    )


def test_a_social_worker_fills_and_orders_a_shelf_without_script(worker, in_app):
    here = in_app(a_workshop)
    for title in ("凉鞋", "挂件"):
        in_app(some_goods, workshop_id=here, title=title)
    zhou = worker()
    listed = zhou.open("/desk/shelves").get_data(as_text=True)
    assert "三八妇女节" in listed
    new = zhou.open("/desk/shelves/new?season=mid-autumn").get_data(as_text=True)
    assert 'value="2026-08-28"' in new
    assert 'value="2026-09-25"' in new

    wrong = zhou.send("/desk/shelves/new", {"station": "500229212202", "title": "月"}, status=422)
    assert 'value="月"' in wrong.get_data(as_text=True)
    sent = zhou.send(
        "/desk/shelves/new",
        {
            "station": "500229212202", "title": "中秋的礼", "title_en": "For the moon",
            "words": "挑了几样。", "picture": "shelf_moon",
            "first_day": "2026-07-01", "last_day": "2026-09-25",
        },
    )  # fmt: skip
    slug = "for-the-moon-2026"
    assert sent.headers["Location"].endswith(f"/desk/shelves/{slug}")

    for goods in ("凉鞋", "挂件"):
        fill(zhou, slug, "add", goods)
    before = titles(zhou.open(f"/desk/shelves/{slug}").get_data(as_text=True))
    fill(zhou, slug, "down", before[0])
    assert titles(zhou.open(f"/desk/shelves/{slug}").get_data(as_text=True)) == before[::-1]
    assert before[1] in zhou.open("/").get_data(as_text=True)

    zhou.send(f"/desk/shelves/{slug}/end", via=f"/desk/shelves/{slug}")
    assert slug not in zhou.open("/").get_data(as_text=True)


def test_another_village_does_not_see_the_shelf_and_the_county_has_no_hand_in_it(worker, in_app):
    in_app(a_workshop)
    zhou = worker()
    words = {
        "station": "500229212202", "title": "中秋的礼", "words": "挑了几样。",
        "picture": "shelf_moon", "first_day": "2026-07-01", "last_day": "2026-09-25",
    }  # fmt: skip
    slug = zhou.send("/desk/shelves/new", words).headers["Location"].rsplit("/", 1)[1]

    other = worker(at=in_app(a_room, CIZHU))
    other.open(f"/desk/shelves/{slug}", status=404)
    assert slug not in other.open("/desk/shelves").get_data(as_text=True)
    worker(Role.COUNTY_OFFICER, at=in_app(a_county)).open(f"/desk/shelves/{slug}", status=403)
    worker(Role.CASHIER).open("/desk/shelves", status=403)
