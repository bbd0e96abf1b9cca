from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask_babel import force_locale

from shop.accounts.rules import Role
from shop.earnings import queries as earnings
from shop.earnings.rules import Pot
from shop.kernel.access import Scope
from shop.kernel.money import Money
from shop.production import queries as making
from shop.production.rules import WorkOrderState
from shop.stations import queries as stations
from shop.stock import queries as stock
from shop.web.earning_words import say
from shop.workflows import picturing
from tests.builders.media import a_picture
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


def table_of(member) -> str:
    return f"/desk/hand-in?member={member.public_id}"


def form_of(page: str, work) -> dict[str, str]:
    """Return what the form of one work order sends when nobody touches it."""
    form = next(
        one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if work.public_id in one
    )
    hidden = dict(re.findall(r'<input type="hidden" name="(work|turn)" value="([^"]*)">', form))
    pieces = re.search(r'name="pieces" value="([^"]*)"', form)[1]
    return hidden | {"pieces": pieces}


def put_down(worker, work, member, **found):
    """Fill in the form of one work order as its page shows it and send it."""
    page = table_of(member)
    return worker.send(page, form_of(words(worker.open(page)), work) | found)


def hand_in_of(in_app, member) -> str:
    (seen,) = in_app(lambda: making.hand_ins_of(member.id))
    return seen.public_id


def taken_in(worker, work, member, pieces="12"):
    """Take pieces in for somebody to look at later; return the address of the hand-in."""
    sent = put_down(worker, work, member, pieces=pieces, looked="later")
    return f"/desk/hand-ins/{sent.location.rpartition('#')[2]}"


def test_a_member_is_found_by_the_end_of_her_phone_number(worker, in_app, noon):
    member, _work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()

    page = words(zhou_min.open("/desk/hand-in?q=0077"))

    assert f"member={member.public_id}" in page
    assert "13983720077" not in page


def test_pieces_taken_in_get_a_slip_and_wait_for_an_inspector(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()

    address = taken_in(zhou_min, work, member)

    page = words(zhou_min.open(f"{address}?lang=en"))
    assert "Hand-in H260720-1" in page
    assert 'value="554.40"' in page  # 12 × 46.20, if all pass
    slip = words(zhou_min.open(f"{address}/slip?lang=en"))
    for part in ("For the maker", "For the workshop", "For the books"):
        assert part in slip


def test_one_screen_takes_twelve_pairs_in_and_says_what_is_hers(worker, in_app, noon):
    member, work, craft = her_open_work(in_app, noon)
    zhou_min = worker()

    sent = put_down(zhou_min, work, member, looked="good")

    page = words(zhou_min.open(sent.location.partition("#")[0]))
    assert "已收下，交件单 H260720-1 已出。" in page
    assert 'value="554.40"' in page  # 12 × 46.20
    assert "/labels" in page

    def after():
        shelf = stock.available_at(craft.variant_id, craft.station_id, noon)
        return shelf, earnings.pots(member.id, now=noon).sure

    assert in_app(after) == (12, Money(55440))


def test_pictured_faults_are_reason_enough_and_she_reads_them_in_her_language(
    worker, in_app, fresh_app, noon
):
    member, work, _craft = her_open_work(in_app, noon)

    put_down(
        worker(), work, member, looked="some", second_grade="1", faults=["stain", "unequal-pair"]
    )

    (line,) = in_app(lambda: earnings.statement(member.id, pot=Pot.SURE, now=noon))
    for locale, faults in (("zh_Hans", "左右不一、有污渍"), ("en", "pair unequal, stain")):
        with fresh_app.test_request_context(), force_locale(locale):
            assert faults in say(line.sentence, today=noon.date())


@pytest.mark.parametrize(
    ("found", "says"),
    [
        pytest.param({}, "Say what you found, or that somebody looks later", id="nothing said"),
        pytest.param(
            {"looked": "some", "faults": "stain"}, "how many of them are not good", id="how many"
        ),
        pytest.param({"looked": "some", "rework": "1"}, "Touch what is wrong", id="why"),
        pytest.param(
            {"looked": "some", "rework": "13", "reason": "歪"}, "add up to", id="too many flawed"
        ),
        pytest.param({"looked": "good", "pieces": "13"}, "asks for 12 more", id="too many brought"),
        pytest.param({"looked": "good", "paper": "twelve"}, "such as P-00041", id="no number"),
        pytest.param({"looked": "good", "paper": "7"}, "No slip P-00007 was printed", id="unknown"),
    ],
)
def test_what_cannot_be_is_answered_on_the_form_and_every_value_is_kept(
    worker, in_app, noon, found, says
):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()
    page = f"{table_of(member)}&lang=en"
    status = 409 if found.get("pieces") == "13" else 422

    sent = form_of(words(zhou_min.open(page)), work) | found
    shown = words(zhou_min.send(page, sent, status=status))

    assert says in shown
    assert f'name="pieces" value="{sent["pieces"]}"' in shown
    for fault in ("stain",) if "faults" in found else ():
        assert re.search(rf'value="{fault}" checked', shown)
    (left,) = in_app(lambda: making.work_orders(member_id=member.id))
    assert left.counted == left.done == 0


def test_the_same_page_sent_twice_counts_once_even_when_its_answer_was_lost(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()
    page = table_of(member)
    sent = form_of(words(zhou_min.open(page)), work) | {"pieces": "5", "looked": "good"}

    first = zhou_min.send(page, sent)
    again = zhou_min.send(page, sent)

    assert again.location == first.location
    assert "没有重复计算" in words(zhou_min.open(page))
    (left,) = in_app(lambda: making.work_orders(member_id=member.id))
    assert (left.counted, left.done) == (0, 5)


def test_a_page_that_is_older_than_another_slip_counts_nothing(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min, colleague = worker(), worker()
    page = table_of(member)
    old = form_of(words(colleague.open(page)), work)
    put_down(zhou_min, work, member, pieces="5", looked="good")

    refused = colleague.send(page, old | {"pieces": "4", "looked": "good"}, status=409)

    page_now = words(refused)
    assert "以先交的为准" in page_now
    (left,) = in_app(lambda: making.work_orders(member_id=member.id))
    assert left.done == 5

    # She has read it, sees the colleague's slip below, and means four more.
    colleague.send(page, form_of(page_now, work) | {"looked": "good"})

    (left,) = in_app(lambda: making.work_orders(member_id=member.id))
    assert left.done == 5 + 4


def test_a_slip_written_by_hand_counts_on_its_day_and_once(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon - timedelta(days=3))
    zhou_min = worker()
    printed = zhou_min.send("/desk/hand-in/slips", {"workshop": "dengliang", "slips": "3"})
    assert printed.location.endswith("/desk/hand-in/slips/dengliang/1-3")
    assert "P-00003" in words(zhou_min.open(printed.location))
    zhou_min.open("/desk/hand-in/slips/dengliang/3-4", status=404)
    by_hand = {"looked": "later", "pieces": "5", "paper": "p3", "paper_on": "2026-07-18"}

    put_down(zhou_min, work, member, **by_hand)
    again = form_of(words(zhou_min.open(table_of(member))), work) | by_hand
    refused = zhou_min.send(table_of(member), again, status=409)

    assert "P-00003" in words(refused)
    for shown in (table_of(member), f"/desk/hand-ins/{hand_in_of(in_app, member)}"):
        assert "P-00003" in words(zhou_min.open(shown))
    (seen,) = in_app(lambda: making.hand_ins_of(member.id))
    assert (seen.paper, seen.counted_at, seen.pieces) == (3, noon - timedelta(days=2), 5)


def test_new_work_is_given_taken_and_read_back_with_its_material_in_one_step(worker, in_app, noon):
    member, _work, craft = her_open_work(in_app, noon)
    zhou_min = worker()
    page = table_of(member)
    key = re.search(r'name="key" value="([^"]+)"', words(zhou_min.open(page)))[1]
    sent = {
        "key": key,
        "variant": str(craft.variant_id),
        "quantity": "20",
        "she_takes_it": "y",
        "material": "苎麻线",
        "amount": "900",
        "unit": "g",
    }

    for _ in range(2):
        zhou_min.send(f"/desk/hand-in/work?member={member.public_id}", sent, via=page)

    def after():
        new, _old = making.work_orders(member_id=member.id)
        return new, making.material_issued(new.work_order_id)

    new, material = in_app(after)
    assert (new.quantity, new.state, new.rate) == (20, WorkOrderState.MATERIAL_ISSUED, Money(4620))
    assert [(one.material, one.quantity, one.unit) for one in material] == [("苎麻线", 900, "g")]
    assert "念给她听" in words(zhou_min.open(page))


def test_material_without_an_amount_gives_no_work_out(worker, in_app, noon):
    member, _work, craft = her_open_work(in_app, noon)
    zhou_min = worker()
    where = f"/desk/hand-in/work?member={member.public_id}"
    sent = {"key": "k" * 20, "variant": str(craft.variant_id), "quantity": "20"}

    zhou_min.send(
        where,
        sent | {"she_takes_it": "y", "material": "苎麻线", "unit": "g"},
        via=table_of(member),
        status=422,
    )
    zhou_min.send(
        where,
        sent | {"material": "苎麻线", "amount": "9", "unit": "g"},
        via=table_of(member),
        status=422,
    )

    assert len(in_app(lambda: making.work_orders(member_id=member.id))) == 1


def test_a_lead_takes_pieces_in_and_leaves_the_verdict_to_others(worker, in_app, noon):
    member, work, craft = her_open_work(in_app, noon)
    lead = worker(Role.WORKSHOP_LEAD)
    page = words(lead.open(table_of(member)))
    assert 'name="looked"' not in page

    put_down(lead, work, member, looked="good")

    assert in_app(lambda: stock.available_at(craft.variant_id, craft.station_id, noon)) == 0
    (seen,) = in_app(lambda: making.hand_ins_of(member.id))
    assert seen.verdict is None


def test_a_photographed_fault_is_seen_by_the_room_and_by_her_and_by_nobody_else(
    worker, in_app, noon
):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()
    page = table_of(member)
    sent = form_of(words(zhou_min.open(page)), work)
    photo = (io.BytesIO(a_picture()), "a.jpg")
    flawed = {"looked": "some", "rejected": "1", "faults": "stain", "files": photo}
    put = zhou_min.send(page, sent | flawed)
    assert in_app(picturing.make_next, now=noon)
    where = f"/desk/hand-ins/{put.location.rpartition('#')[2]}"

    (picture,) = re.findall(r'src="([^"]+/pictures/[^"]+)"', words(zhou_min.open(where)))
    shown = zhou_min.open(picture)
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/jpeg", "private, no-store")
    shown.close()
    worker(at=in_app(a_room, CIZHU)).open(picture, status=404)


def test_what_is_no_photograph_takes_nothing_in(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min = worker()
    page = table_of(member)
    sent = form_of(words(zhou_min.open(page)), work)
    junk = (io.BytesIO(b"<script>alert(1)</script>"), "a.jpg")

    zhou_min.send(
        page,
        sent | {"looked": "some", "rejected": "1", "faults": "stain", "files": junk},
        status=415,
    )

    assert in_app(lambda: making.hand_ins_of(member.id)) == []


def test_eleven_pass_and_one_is_second_grade_stock_rises_and_the_wage_is_hers(worker, in_app, noon):
    member, work, craft = her_open_work(in_app, noon)
    address = taken_in(worker(), work, member)
    tan_yun = worker(Role.INSPECTOR)

    tan_yun.send(
        address,
        {"looked": "some", "second_grade": "1", "reason": "系带歪了"},
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
    address = taken_in(worker(), work, member)

    page = words(worker(Role.INSPECTOR).open(f"{address}?lang=en"))

    assert "What did you find in 12 pieces?" in page
    assert "46.20" not in page
    assert "554.40" not in page


def test_a_verdict_that_does_not_add_up_comes_back_with_every_value(worker, in_app, noon):
    member, work, craft = her_open_work(in_app, noon)
    address = taken_in(worker(), work, member)

    refused = worker(Role.INSPECTOR).send(
        address,
        {"looked": "some", "second_grade": "9", "rework": "4", "reason": "歪"},
        status=422,
    )

    page = words(refused)
    assert 'value="9"' in page
    assert 'value="歪"' in page
    assert in_app(lambda: stock.available_at(craft.variant_id, craft.station_id, noon)) == 0


def test_nobody_inspects_her_own_work(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    address = taken_in(worker(), work, member)
    herself = worker(Role.INSPECTOR, member_id=member.id)

    page = words(herself.open(f"{address}?lang=en"))
    assert "somebody else inspects them" in page
    assert "What did you find" not in page
    token = herself.token(address)
    sent = herself.client.post(address, data={"csrf_token": token, "looked": "good"})

    assert sent.status_code == 403
    assert in_app(lambda: earnings.pots(member.id, now=noon).sure) == Money(0)


def test_who_decides_after_a_colleague_is_told_so(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    address = taken_in(worker(), work, member)
    tan_yun, he_qing = worker(Role.INSPECTOR), worker()
    he_qing.open(address)
    tan_yun.send(address, {"looked": "good"})

    late = he_qing.send(
        address, {"looked": "some", "rejected": "12", "faults": "stain"}, via="/desk", status=409
    )

    assert "这批交件已经验收过" in words(late)
    assert in_app(lambda: earnings.pots(member.id, now=noon).sure) == Money(12 * 4620)


def test_pieces_that_pass_only_at_the_second_look_get_their_labels(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    put = put_down(worker(), work, member, looked="some", rejected="12", faults="stain")
    where = f"/desk/hand-ins/{put.location.rpartition('#')[2]}"
    he_qing = worker()
    assert "/labels" not in words(he_qing.open(where))

    he_qing.send(f"{where}/appeal", {}, via=where)
    he_qing.send(f"{where}/second-look", {"rejected_to_passed": "12"}, via=where)

    assert "/labels" in words(he_qing.open(where))
    he_qing.open(f"{where}/labels")


def test_the_way_to_what_is_wrong_leads_to_the_form_it_is_wrong_on(worker, in_app, noon):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min, page = worker(), table_of(member)

    refused = words(zhou_min.send(page, form_of(words(zhou_min.open(page)), work), status=422))

    (target,) = re.findall(r'href="#(wrk_[^"]+)"', refused)
    assert f'id="{target}"' in refused


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


def test_an_objection_is_noted_for_her_and_another_pair_of_eyes_raises_the_wage(
    worker, in_app, noon
):
    member, work, _craft = her_open_work(in_app, noon)
    zhou_min, he_qing = worker(), worker()
    put = put_down(zhou_min, work, member, looked="some", second_grade="1", faults="crooked")
    where = f"/desk/hand-ins/{put.location.rpartition('#')[2]}"

    zhou_min.send(f"{where}/appeal", {"words": "只歪了一点"}, via=where)
    refused = zhou_min.send(
        f"{where}/second-look", {"second_to_passed": "1"}, via=where, status=403
    )
    assert "另一个人" in words(refused)
    assert "对验收有异议的成员" in words(he_qing.open("/desk"))
    nothing = he_qing.send(f"{where}/second-look", {"second_to_passed": "0"}, via=where, status=422)
    assert "请写明原因" in words(nothing)
    he_qing.send(f"{where}/second-look", {"second_to_passed": "1"}, via=where)

    page = words(he_qing.open(f"{where}?lang=en"))
    assert "She was right" in page
    assert "noted for her by" in page
    for shown in (
        page,
        words(he_qing.open(f"{where}/slip")),
        words(he_qing.open(table_of(member))),
    ):
        assert 'value="554.40"' in shown  # what stands now: all twelve at 46.20
    lines = in_app(lambda: earnings.statement(member.id, pot=Pot.SURE, now=noon))
    assert sorted(line.amount for line in lines) == [Money(4620 - 3234), Money(11 * 4620 + 3234)]
