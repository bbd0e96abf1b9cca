from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.catalog.models import Product
from shop.kernel.access import SYSTEM
from shop.kernel.clock import ticks
from shop.kernel.db import db, transaction
from shop.kernel.errors import Forbidden, OutOfReach
from shop.kernel.events import history
from shop.stock import checks, queries
from shop.stock import services as stock
from shop.stock.models import Hold, Movement, StockItem
from shop.stock.rules import BadQuantity, MovementReason, Quantity
from shop.stock.services import NotAllocated, OutOfStock, PromisedMore, SourceReused
from tests.builders.accounts import a_social_worker, an_inspector
from tests.builders.stations import CIZHU, a_room
from tests.builders.stock import a_delivery, a_quantity, a_shelf

A_QUARTER = timedelta(minutes=15)


def free(goods, now):
    return queries.available_at(goods.variant_id, goods.station_id, now)


def level(goods, now):
    found = queries.levels([goods.variant_id], now=now)
    return next(at for at in found if at.station_id == goods.station_id)


def reserve(goods, pieces, *, owner, now):
    stock.reserve(
        owner=owner, items=[a_quantity(goods, pieces)], now=now, expires_at=now + A_QUARTER
    )


def ship(goods, pieces, *, source="order:1", now):
    items = [a_quantity(goods, pieces)]
    return stock.ship(owner="order:1", items=items, source=source, actor=SYSTEM, now=now)


def everything_agrees():
    db.session.rollback()
    return [finding for check in checks.CHECKS for finding in check.run()] == []


def test_received_pieces_can_be_sold_and_the_count_tells_where_they_came_from(app, noon):
    sandals = a_shelf()
    a_delivery([a_quantity(sandals, 11)], now=noon, source="hand_in:1")
    a_delivery([a_quantity(sandals, 4)], now=noon, source="hand_in:2")

    assert free(sandals, noon) == 15
    why = queries.why(sandals.variant_id, sandals.station_id)
    assert [(m.source, m.quantity, m.on_hand_after) for m in why] == [
        ("hand_in:1", 11, 11),
        ("hand_in:2", 4, 15),
    ]
    assert everything_agrees()


def test_one_source_moves_goods_once(app, noon):
    sandals = a_shelf()
    for _ in range(3):
        a_delivery([a_quantity(sandals, 11)], now=noon, source="hand_in:1")

    assert free(sandals, noon) == 11
    with pytest.raises(SourceReused):
        a_delivery([a_quantity(sandals, 12)], now=noon, source="hand_in:1")
    assert free(sandals, noon) == 11


def test_a_second_variant_of_the_same_source_is_not_swallowed(app, noon):
    sandals, seconds = a_shelf(), a_shelf()
    a_delivery([a_quantity(sandals, 11)], now=noon, source="hand_in:1")
    a_delivery([a_quantity(sandals, 11), a_quantity(seconds, 1)], now=noon, source="hand_in:1")

    assert (free(sandals, noon), free(seconds, noon)) == (11, 1)


def test_a_hold_takes_pieces_out_of_sale_until_its_end(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 3, owner="order:1", now=noon)

    assert free(sandals, noon) == 2
    assert free(sandals, noon + A_QUARTER - timedelta(seconds=1)) == 2
    assert free(sandals, noon + A_QUARTER) == 5
    assert everything_agrees()


def test_a_hold_that_ran_out_can_be_taken_by_the_next_buyer_before_any_job_has_run(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 5, owner="order:1", now=noon)
    reserve(sandals, 4, owner="order:2", now=noon + A_QUARTER)

    assert free(sandals, noon + A_QUARTER) == 1
    assert level(sandals, noon + A_QUARTER).promised == 4
    assert everything_agrees()


def test_reserving_is_all_or_nothing_and_a_refusal_leaves_no_trace(app, noon):
    sandals, pendants = a_shelf(5), a_shelf(1)

    with pytest.raises(OutOfStock) as refused:
        stock.reserve(
            owner="order:1",
            items=[a_quantity(sandals, 2), a_quantity(pendants, 2)],
            now=noon,
            expires_at=noon + A_QUARTER,
        )

    assert refused.value.details == {
        "variant_id": pendants.variant_id, "wanted": 2, "available": 1,
    }  # fmt: skip
    assert (free(sandals, noon), free(pendants, noon)) == (5, 1)
    assert db.session.scalar(sa.select(sa.func.count(Hold.id))) == 0


def test_two_lines_that_share_goods_are_checked_together(app, noon):
    sandals = a_shelf(5)

    with pytest.raises(OutOfStock):
        stock.reserve(
            owner="order:1",
            items=[a_quantity(sandals, 3), a_quantity(sandals, 3)],
            now=noon,
            expires_at=noon + A_QUARTER,
        )

    assert free(sandals, noon) == 5


def test_goods_that_were_never_here_are_out_of_stock(app, noon):
    sandals = a_shelf(5)
    elsewhere = Quantity(sandals.variant_id, 1, a_room(CIZHU))

    with pytest.raises(OutOfStock) as refused:
        stock.reserve(owner="order:1", items=[elsewhere], now=noon, expires_at=noon + A_QUARTER)

    assert refused.value.details["available"] == 0


def test_one_order_holds_goods_of_two_places(app, noon):
    near, far = a_shelf(2), a_shelf(2, station_id=a_room(CIZHU))
    stock.reserve(owner="order:1", items=[near, far], now=noon, expires_at=noon + A_QUARTER)

    assert stock.allocate(owner="order:1", now=noon)
    shipped = stock.ship(owner="order:1", items=[far], source="order:1", actor=SYSTEM, now=noon)

    assert shipped == 1
    assert (level(near, noon).on_hand, level(far, noon).on_hand) == (2, 1)
    assert everything_agrees()


def test_paid_pieces_stay_promised_and_leave_once(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 3, owner="order:1", now=noon)

    assert stock.allocate(owner="order:1", now=noon)
    assert stock.allocate(owner="order:1", now=noon)
    later = noon + timedelta(days=2)
    assert stock.expire_holds(now=later) == 0
    assert free(sandals, later) == 2

    assert ship(sandals, 3, now=later) == 3
    assert ship(sandals, 3, now=later) == 0
    assert level(sandals, later).on_hand == 2
    assert free(sandals, later) == 2
    assert everything_agrees()


def test_pieces_leave_parcel_by_parcel_and_the_rest_stays_promised(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 4, owner="order:1", now=noon)
    stock.allocate(owner="order:1", now=noon)

    for _ in range(2):
        ship(sandals, 1, source="parcel:1", now=noon)
    assert (level(sandals, noon).on_hand, free(sandals, noon)) == (4, 1)
    assert everything_agrees()

    assert stock.release(owner="order:1", items=[a_quantity(sandals, 2)], now=noon) == 2
    assert free(sandals, noon) == 3
    assert ship(sandals, 1, source="parcel:2", now=noon) == 1
    assert stock.release(owner="order:1", now=noon) == 0
    assert (level(sandals, noon).on_hand, free(sandals, noon)) == (3, 3)
    assert everything_agrees()


def test_what_was_made_for_an_order_leaves_with_what_lay_promised_to_it(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 2, owner="order:1", now=noon)
    stock.allocate(owner="order:1", now=noon)
    reserve(sandals, 2, owner="order:2", now=noon)

    with pytest.raises(OutOfStock):
        ship(sandals, 4, source="parcel:1", now=noon)
    assert ship(sandals, 3, source="parcel:1", now=noon) == 3
    with pytest.raises(SourceReused):
        ship(sandals, 2, source="parcel:1", now=noon)

    assert (level(sandals, noon).on_hand, free(sandals, noon)) == (2, 0)
    assert everything_agrees()


def test_unpaid_pieces_never_leave(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 3, owner="order:1", now=noon)

    with pytest.raises(NotAllocated):
        ship(sandals, 3, now=noon)

    assert level(sandals, noon).on_hand == 5


def test_holds_that_ran_out_fall_once(app, noon):
    sandals, pendants = a_shelf(5), a_shelf(5)
    reserve(sandals, 3, owner="order:1", now=noon)
    reserve(pendants, 3, owner="order:2", now=noon)
    reserve(sandals, 1, owner="order:3", now=noon + timedelta(minutes=10))

    assert stock.expire_holds(now=noon + A_QUARTER) == 2
    assert stock.expire_holds(now=noon + A_QUARTER) == 0
    assert free(sandals, noon + A_QUARTER) == 4
    assert everything_agrees()


@pytest.mark.parametrize("swept", [True, False])
def test_late_money_still_gets_pieces_that_nobody_took(app, noon, swept):
    sandals = a_shelf(3)
    reserve(sandals, 3, owner="order:1", now=noon)
    late = noon + timedelta(hours=1)
    if swept:
        assert stock.expire_holds(now=late) == 1

    assert stock.allocate(owner="order:1", now=late)

    assert free(sandals, late) == 0
    assert ship(sandals, 3, now=late) == 3
    assert everything_agrees()


def test_late_money_for_pieces_that_are_gone_changes_nothing(app, noon):
    sandals, pendants = a_shelf(3), a_shelf(3)
    stock.reserve(
        owner="order:1",
        items=[a_quantity(sandals, 3), a_quantity(pendants, 1)],
        now=noon,
        expires_at=noon + A_QUARTER,
    )
    late = noon + timedelta(hours=1)
    reserve(sandals, 2, owner="order:2", now=late)

    assert not stock.allocate(owner="order:1", now=late)

    assert (free(sandals, late), free(pendants, late)) == (1, 3)
    assert everything_agrees()


def test_an_order_of_seats_alone_has_nothing_to_allocate(app, noon):
    assert stock.allocate(owner="order:1", now=noon)


def test_released_pieces_are_free_at_once_whether_paid_or_not(app, noon):
    sandals, pendants = a_shelf(3), a_shelf(3)
    reserve(sandals, 2, owner="order:1", now=noon)
    reserve(pendants, 2, owner="order:2", now=noon)
    stock.allocate(owner="order:2", now=noon)

    assert stock.release(owner="order:1", now=noon) == 2
    assert stock.release(owner="order:1", now=noon) == 0
    assert stock.release(owner="order:2", now=noon) == 2

    assert (free(sandals, noon), free(pendants, noon)) == (3, 3)
    assert everything_agrees()


def test_what_has_left_comes_back_only_as_a_return_and_once(app, noon):
    sandals = a_shelf(3)
    reserve(sandals, 2, owner="order:1", now=noon)
    stock.allocate(owner="order:1", now=noon)
    ship(sandals, 2, now=noon)

    assert stock.release(owner="order:1", now=noon) == 0
    for _ in range(2):
        stock.take_back(items=[sandals], source="return:1", actor=SYSTEM, now=noon)

    assert free(sandals, noon) == 2
    assert queries.why(sandals.variant_id, sandals.station_id)[-1].reason is MovementReason.RETURNED
    assert everything_agrees()


def test_a_counter_sale_takes_free_pieces_at_once_and_never_promised_ones(app, noon):
    sandals = a_shelf(3)
    reserve(sandals, 2, owner="order:1", now=noon)

    for _ in range(2):
        stock.issue(items=[sandals], source="sale:1", actor=SYSTEM, now=noon)
    with pytest.raises(OutOfStock):
        stock.issue(items=[sandals], source="sale:2", actor=SYSTEM, now=noon)

    assert level(sandals, noon).on_hand == 2
    stock.issue(items=[sandals], source="sale:3", actor=SYSTEM, now=noon + A_QUARTER)
    assert free(sandals, noon + A_QUARTER) == 1
    assert everything_agrees()


def test_a_count_is_corrected_to_what_was_found_and_leaves_its_trace(app, noon):
    sandals, worker = a_shelf(5), a_social_worker()

    for _ in range(2):
        changed = stock.correct(
            variant_id=sandals.variant_id, station_id=sandals.station_id, counted=3,
            key="count-1", actor=worker, now=noon,
        )  # fmt: skip

    assert changed == 0  # the second time
    assert level(sandals, noon).on_hand == 3
    item_id = db.session.scalars(
        sa.select(StockItem.id).where(StockItem.variant_id == sandals.variant_id)
    ).one()
    (told,) = history(f"stock_item:{item_id}")
    assert (told.actor_id, told.facts["before"], told.facts["after"]) == (worker.user_id, 5, 3)
    assert everything_agrees()


def test_a_hold_that_ran_out_does_not_stand_in_the_way_of_a_count(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 4, owner="order:1", now=noon)

    stock.correct(
        variant_id=sandals.variant_id, station_id=sandals.station_id, counted=2,
        key="count-1", actor=SYSTEM, now=noon + A_QUARTER,
    )  # fmt: skip

    assert free(sandals, noon + A_QUARTER) == 2
    assert everything_agrees()


def test_a_count_below_what_is_promised_is_refused(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 4, owner="order:1", now=noon)

    with pytest.raises(PromisedMore) as refused:
        stock.correct(
            variant_id=sandals.variant_id, station_id=sandals.station_id, counted=3,
            key="count-1", actor=SYSTEM, now=noon,
        )  # fmt: skip

    assert refused.value.details == {"counted": 3, "promised": 4}
    assert level(sandals, noon).on_hand == 5


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        pytest.param(an_inspector, Forbidden, id="an inspector"),
        pytest.param(
            lambda: a_social_worker(at=a_room(CIZHU)), OutOfReach, id="of another village"
        ),
    ],
)
def test_only_those_who_may_correct_a_count(app, noon, who, refusal):
    sandals = a_shelf(5)

    with pytest.raises(refusal):
        stock.correct(
            variant_id=sandals.variant_id, station_id=sandals.station_id, counted=9,
            key="count-1", actor=who(), now=noon,
        )  # fmt: skip

    assert level(sandals, noon).on_hand == 5


@pytest.mark.parametrize("pieces", [0, -3, 10**12])
def test_zero_negative_and_absurd_quantities_change_nothing(app, noon, pieces):
    sandals = a_shelf(5)

    with pytest.raises(BadQuantity):
        a_delivery([a_quantity(sandals, pieces)], now=noon)
    with pytest.raises(BadQuantity):
        reserve(sandals, pieces, owner="order:1", now=noon)

    assert free(sandals, noon) == 5


def test_the_database_itself_refuses_to_change_a_movement(app, noon):
    a_shelf(5)

    for change in (
        sa.update(Movement).values(quantity=6),
        sa.delete(Movement),
    ):
        with pytest.raises(sa.exc.DatabaseError, match="append-only"), transaction() as session:
            session.execute(change)


def test_the_check_names_the_item_whose_counter_lies(app, noon):
    sandals = a_shelf(5)
    reserve(sandals, 2, owner="order:1", now=noon)
    with transaction() as session:
        session.execute(sa.update(StockItem).values(on_hand=6, held=1))
        session.execute(sa.update(Hold).values(ended_at=noon))

    found = [(f.code, f.detail) for check in checks.CHECKS for f in check.run()]

    assert found == [
        ("S1", "counts 6 on hand, its movements sum to 5"),
        (
            "S3",
            "counts 1 held and 0 allocated, its holds sum to 2 and 0",
        ),
        ("S3", "of order:1 is held, its end says otherwise"),
    ]


def test_a_product_is_ready_while_a_piece_is_free_or_a_hold_has_run_out(app, noon):
    sandals, empty = a_shelf(1), a_shelf()
    products = {one: queries.products_of([one.variant_id])[0] for one in (sandals, empty)}

    def ready():
        known = dict(db.session.execute(sa.select(Product.id, Product.ready_at)).all())
        assert known == queries.readiness(known)
        return known[products[sandals]], known[products[empty]]

    assert ready() == (0, None)
    reserve(sandals, 1, owner="order:1", now=noon)
    assert ready() == (ticks(noon + A_QUARTER), None)
    late = noon + 2 * A_QUARTER
    assert queries.available([sandals.variant_id], late) == {sandals.variant_id: 1}
    reserve(sandals, 1, owner="order:2", now=late)
    assert ready() == (ticks(late + A_QUARTER), None)
    stock.allocate(owner="order:2", now=late)
    assert ready() == (None, None)
    stock.release(owner="order:2", now=late)
    assert ready() == (0, None)
    reserve(sandals, 1, owner="order:3", now=late)
    stock.expire_holds(now=late + A_QUARTER)
    assert ready() == (0, None)
    assert queries.available([sandals.variant_id, empty.variant_id], noon) == {
        sandals.variant_id: 1,
        empty.variant_id: 0,
    }
