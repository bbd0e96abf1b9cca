from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from shop.catalog import window
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.db import transaction
from shop.shelves import queries, services
from shop.shelves.services import ShelfWords
from shop.stations.models import Workshop
from tests.builders.stations import a_county


@pytest.fixture
def shelf(market, in_app):
    def build():
        slug = services.put_up(
            station_id=a_county(),
            words=ShelfWords(
                title="<端午>", words="挑了几样。", title_en="Dragon <Boat>", picture="shelf_moon",
                starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 25),
            ),
            actor=SYSTEM, now=market.now,
        )  # fmt: skip
        view = queries.shelf(slug, scope=Scope(("/",)), now=market.now)
        services.add_goods(
            shelf_id=view.id, product_id=market.coasters.product_id, actor=SYSTEM, now=market.now
        )
        return slug

    return in_app(build)


def test_the_shelf_of_the_season_stands_on_the_first_page(shelf, visitor):
    # Three statements, and on SQLite the beginning of the transaction they read in.
    text = visitor.open("/", most=4).get_data(as_text=True)

    assert "&lt;端午&gt;" in text
    assert f'href="/shelves/{shelf}"' in text
    assert "到7月25日" in text


def test_a_shelf_has_its_page_and_a_kind_word_once_it_is_over(shelf, visitor, fresh_app, market):
    page = visitor.open(f"/shelves/{shelf}?lang=en", most=4).get_data(as_text=True)
    assert "Dragon &lt;Boat&gt;" in page
    assert "Set of four coasters" in page

    fresh_app.extensions["clock"] = lambda: market.now + timedelta(days=30)
    over = visitor.open(f"/shelves/{shelf}?lang=zh").get_data(as_text=True)
    assert "这个专题到7月25日为止" in over
    assert "杯垫四件" in over
    assert 'content="noindex' in over
    assert shelf not in visitor.open("/").get_data(as_text=True)
    visitor.open("/shelves/nothing", status=404)
    fresh_app.extensions["clock"] = lambda: market.now - timedelta(days=30)
    visitor.open(f"/shelves/{shelf}", status=404)


def test_every_week_another_workshop_tells_its_story(market, in_app):
    def tell():
        with transaction() as session:
            session.execute(sa.update(Workshop).values(story="六台老织机。"))

    assert in_app(window.front, 1)[1] is None
    in_app(tell)
    told = [in_app(window.front, week)[1].slug for week in range(12)]
    assert set(told) == {"dengliang", "cizhu"}
    assert told == [in_app(window.front, week)[1].slug for week in range(12)]
    example, story = in_app(window.front, 0)
    assert example.split.price.minor == 8800
    assert story.place == ("城口县", "鸡鸣乡", "灯梁村") or story.slug == "cizhu"
