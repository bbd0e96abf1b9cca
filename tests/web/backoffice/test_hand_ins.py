from __future__ import annotations

import re

from shop.accounts.rules import Role
from shop.earnings import queries as earnings
from shop.earnings.rules import Pot
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.production import queries as making
from shop.stations import queries as stations
from shop.stock import queries as stock
from tests.builders.production import a_craft, a_hand_in, a_work_order
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop


def words(response) -> str:
    return response.get_data(as_text=True)


def her_open_work(in_app, noon, **kwargs):
    """Return (member, work order, craft) with open work for twelve pairs."""

    def make():
        craft = a_craft()
        member_id = a_member(phone="13983720077")
        a_work_order(now=noon, craft=craft, member_id=member_id, **kwargs)
        (work,) = making.work_orders(member_id=member_id)
        return stations.member(member_id), work, craft

    return in_app(make)


def taken_in(worker, work, member, pieces="12"):
    page = f"/desk/hand-in?member={member.public_id}"
    key = re.search(r'name="key" value="([^"]+)"', words(worker.open(page)))[1]
    sent = worker.send(page, {"work": work.public_id, "pieces": pieces, "key": key})
    return sent.location, key


def test_a_member_is_found_by_the_end_of_her_phone_number(worker, in_app, noon):
    member, _work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()

    page = words(zhou_min.open("/desk/hand-in?q=0077"))

    assert f"member={member.public_id}" in page
    assert "13983720077" not in page


def test_pieces_taken_in_get_a_slip_and_wait_for_an_inspector(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()

    address, _key = taken_in(zhou_min, work, member)

    page = words(zhou_min.open(f"{address}?lang=en"))
    assert "Hand-in H260720-1" in page
    assert 'value="554.40"' in page  # 12 × 46.20, if all pass
    slip = words(zhou_min.open(f"{address}/slip?lang=en"))
    for part in ("For the maker", "For the workshop", "For the books"):
        assert part in slip


def test_the_same_form_sent_again_counts_once(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()
    page = f"/desk/hand-in?member={member.public_id}"

    first, key = taken_in(zhou_min, work, member, pieces="5")
    again = zhou_min.send(page, {"work": work.public_id, "pieces": "5", "key": key})

    assert again.location == first
    (left,) = in_app(lambda: making.work_orders(member_id=member.id))
    assert left.counted == 5


def test_more_pieces_than_are_open_are_refused_and_the_number_is_kept(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()
    page = f"/desk/hand-in?member={member.public_id}"

    refused = zhou_min.send(
        page, {"work": work.public_id, "pieces": "13", "key": "k" * 20}, status=409
    )

    assert 'value="13"' in words(refused)
    (left,) = in_app(lambda: making.work_orders(member_id=member.id))
    assert left.counted == 0


def test_eleven_pass_and_one_is_second_grade_stock_rises_and_the_wage_is_hers(worker, in_app, noon):
    member, work, craft = her_open_work(in_app, noon)
    address, _key = taken_in(worker(), work, member)
    tan_yun = worker(Role.INSPECTOR)

    tan_yun.send(
        address,
        {"passed": "11", "second_grade": "1", "rework": "0", "rejected": "0", "reason": "系带歪了"},
    )

    def after():
        return (
            stock.available_at(craft.variant_id, craft.station_id, noon),
            earnings.pots(member.id, now=noon).sure,
            earnings.statement(member.id, pot=Pot.SURE, now=noon),
        )

    on_shelf, sure, lines = in_app(after)
    assert on_shelf == 11
    assert sure == Money(11 * 4620 + 3234)
    assert len(lines) == 1


def test_an_inspector_sees_pieces_and_no_pay(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    address, _key = taken_in(worker(), work, member)

    page = words(worker(Role.INSPECTOR).open(f"{address}?lang=en"))

    assert "What did you find in 12 pieces?" in page
    assert "46.20" not in page
    assert "554.40" not in page


def test_a_verdict_that_does_not_add_up_comes_back_with_every_value(worker, in_app, noon):
    member, work, craft = her_open_work(in_app, noon)
    address, _key = taken_in(worker(), work, member)

    refused = worker(Role.INSPECTOR).send(
        address,
        {"passed": "9", "second_grade": "1", "rework": "0", "rejected": "0", "reason": "歪"},
        status=422,
    )

    page = words(refused)
    assert 'value="9"' in page
    assert 'value="歪"' in page
    assert in_app(lambda: stock.available_at(craft.variant_id, craft.station_id, noon)) == 0


def test_nobody_inspects_her_own_work(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    address, _key = taken_in(worker(), work, member)
    herself = worker(Role.INSPECTOR, member_id=member.id)

    page = words(herself.open(f"{address}?lang=en"))
    assert "somebody else inspects them" in page
    assert "What did you find" not in page
    token = herself.token(address)
    sent = herself.client.post(address, data={"csrf_token": token, "passed": "12"})

    assert sent.status_code == 403
    assert in_app(lambda: earnings.pots(member.id, now=noon).sure) == Money(0)


def test_a_hand_in_of_another_village_is_not_there(worker, in_app, noon):
    def elsewhere():
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
        a_hand_in(now=noon, craft=a_craft(workshop_id=other), member_id=a_member(workshop_id=other))
        (seen,) = making.hand_ins_waiting(Scope(("/",)))
        return seen.public_id

    public_id = in_app(elsewhere)
    zhou_min = worker()

    zhou_min.open(f"/desk/hand-ins/{public_id}", status=404)
    zhou_min.open(f"/desk/hand-ins/{public_id}/slip", status=404)
    assert public_id not in words(zhou_min.open("/desk/hand-ins"))
