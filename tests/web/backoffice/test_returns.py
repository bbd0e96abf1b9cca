from __future__ import annotations

import pytest

from shop.accounts.rules import Role
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.orders import past
from shop.orders import services as orders
from shop.orders.services import NewUnmatched
from tests.builders.stations import CIZHU, a_room, a_workshop

EVERYWHERE = Scope(("/",))


def words(response) -> str:
    return response.get_data(as_text=True)


def a_return(noon, *, key: str = "C1-1", workshop_id: int | None = None, station_id=None) -> None:
    workshop = a_workshop() if workshop_id is None else workshop_id
    orders.queue_unmatched(
        returns=[
            NewUnmatched(
                key=key,
                station_id=a_room() if station_id is None else station_id,
                workshop_id=workshop,
                order_number="C536379",
                line_number=142,
                buyer_reference="14527",
                sku="D",
                title="Discount",
                quantity=1,
                unit=Money(2750),
                reason="no_sale",
                returned_at=noon,
            )
        ]
    )


def waiting(in_app):
    return in_app(lambda: past.unmatched(EVERYWHERE))


def test_a_return_is_closed_with_a_persons_words(worker, in_app, noon):
    in_app(a_return, noon)
    (one,) = waiting(in_app)
    zhou_min = worker()
    assert "C536379" in words(zhou_min.open("/desk/unmatched-returns"))

    zhou_min.send(
        f"/desk/unmatched-returns/{one.id}",
        {"note": "老账,原单在纸本上"},
        via="/desk/unmatched-returns",
    )

    assert waiting(in_app) == []
    closed = words(zhou_min.open("/desk/unmatched-returns?state=closed"))
    assert "老账,原单在纸本上" in closed


@pytest.mark.parametrize("note", ["", "   ", "x" * 201])
def test_without_a_note_it_stays_open(worker, in_app, noon, note):
    in_app(a_return, noon)
    (one,) = waiting(in_app)

    worker().send(
        f"/desk/unmatched-returns/{one.id}",
        {"note": note},
        via="/desk/unmatched-returns",
        status=422,
    )

    assert len(waiting(in_app)) == 1


def test_a_return_of_another_village_is_not_there(worker, in_app, noon):
    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        a_return(noon, workshop_id=other, station_id=a_room(CIZHU))
        a_return(noon, key="C1-2")

    in_app(elsewhere)
    foreign = next(one for one in waiting(in_app) if one.station_id == in_app(a_room, CIZHU))
    zhou_min = worker()

    assert f"return-{foreign.id}" not in words(zhou_min.open("/desk/unmatched-returns"))
    zhou_min.send(
        f"/desk/unmatched-returns/{foreign.id}",
        {"note": "not mine"},
        via="/desk/unmatched-returns",
        status=404,
    )
    assert len(waiting(in_app)) == 2


def test_the_queue_is_for_those_who_may_refund(worker):
    worker(Role.WORKSHOP_LEAD).open("/desk/unmatched-returns", status=403)
