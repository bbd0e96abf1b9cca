from __future__ import annotations

import re
from datetime import UTC, datetime

import html5lib
import pytest

from shop.accounts import queries as accounts_now
from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.earnings import services as earnings
from shop.earnings.rules import EarningKind
from shop.kernel.money import Money
from shop.orders.rules import Handover
from shop.oversight import lists
from shop.stations import queries as stations
from shop.web.access import SIGN_IN_KEY
from tests.builders.accounts import PIN, a_maker
from tests.builders.earnings import an_earning
from tests.builders.orders import a_bank, a_paid_order, some_goods
from tests.builders.stations import CIZHU, DENGLIANG, a_member, a_room, a_workshop

COUNTY, TOWN, OTHER_TOWN = "500229", "500229212", "500229107"
REASON = "她七月三日打电话来问六月的工资"


@pytest.fixture
def members(in_app, noon):
    """A county with two towns: orders of 88.00 and 28.00, and a maker in each village."""

    def build():
        here = a_workshop()
        there = a_workshop(
            slug="cizhu",
            station_id=a_room(CIZHU),
            name="茨竹工坊",
            name_en="Cizhu Weavers",
        )
        with a_bank():
            a_paid_order(now=noon, goods={some_goods(workshop_id=here): 1})
            a_paid_order(
                now=noon,
                goods={some_goods(fen=2800, pay=1540, material=320, workshop_id=there): 1},
                handover=Handover.PICK_UP,
            )
        ids = [a_member(), a_member(workshop_id=there, name="向红英", name_en="Xiang Hongying")]
        return [stations.member(one) for one in ids]

    return in_app(build)


def words(response):
    return response.get_data(as_text=True)


def seen(response):
    return " ".join(re.sub(r"<[^>]+>", " ", words(response)).split())


def rows_of(response):
    """Return the first table of a page as lists of plain cells, and its foot."""
    page = html5lib.parse(words(response), namespaceHTMLElements=False)
    table = next(page.iter("table"))

    def cells(part):
        return [
            ["".join(cell.itertext()).strip() for cell in row if cell.tag in {"th", "td"}]
            for row in table.find(part).iter("tr")
        ]

    return cells("tbody"), cells("tfoot")[0]


def minor(text):
    return int(re.sub(r"[^0-9-]", "", text))


def test_a_town_officer_lands_on_her_own_town(worker, members):
    page = worker(Role.TOWN_SUPERVISOR).open("/oversight?lang=en")

    assert "Jiming Township" in seen(page)
    assert "Chengkou County" not in seen(page)
    assert "Gaoguan" not in seen(page)
    assert "¥ 88.00" in seen(page)


def test_a_county_officer_sees_all_of_her_towns(worker, members):
    page = seen(worker(Role.COUNTY_OFFICER).open("/oversight?lang=en"))

    for said in ("Chengkou County", "Jiming Township", "Gaoguan Town", "¥ 116.00"):
        assert said in page


def test_an_operator_sees_every_county(worker, in_app, members):
    a_whole_tree = worker(Role.OPERATOR)
    assert "Chengkou County" in seen(a_whole_tree.open("/oversight?lang=en"))


@pytest.mark.parametrize("code", [COUNTY, TOWN])
def test_a_place_is_the_sum_of_the_places_below_it(worker, members, code):
    rows, foot = rows_of(worker(Role.COUNTY_OFFICER).open(f"/oversight/{code}?lang=en"))

    for column in range(1, 8):
        assert sum(minor(row[column]) for row in rows) == minor(foot[column]), column
    assert minor(foot[4]) > 0


@pytest.mark.parametrize(
    ("role", "code", "status"),
    [
        (Role.TOWN_SUPERVISOR, TOWN, 200),
        (Role.TOWN_SUPERVISOR, DENGLIANG, 200),
        (Role.TOWN_SUPERVISOR, COUNTY, 404),
        (Role.TOWN_SUPERVISOR, OTHER_TOWN, 404),
        (Role.TOWN_SUPERVISOR, CIZHU, 404),
        (Role.TOWN_SUPERVISOR, "000000", 404),
        (Role.COUNTY_OFFICER, COUNTY, 200),
        (Role.COUNTY_OFFICER, OTHER_TOWN, 200),
        (Role.COUNTY_OFFICER, CIZHU, 200),
        (Role.COUNTY_OFFICER, "500230", 404),
        (Role.SOCIAL_WORKER, DENGLIANG, 403),
        (Role.BOOKKEEPER, DENGLIANG, 403),
    ],
)
def test_everybody_sees_her_own_part_of_the_tree_and_no_more(worker, members, role, code, status):
    officer = worker(role)

    for page in ("", "/workshops", "/members", "/orders"):
        officer.open(f"/oversight/{code}{page}", status=status)


def test_a_social_worker_has_no_overview(worker, members):
    worker().open("/oversight", status=403)


def test_the_way_leads_up_to_ones_own_top_and_no_further(worker, members):
    officer = worker(Role.TOWN_SUPERVISOR)

    page = words(officer.open(f"/oversight/{DENGLIANG}?lang=en"))

    assert f'href="/oversight/{TOWN}"' in page
    assert f'href="/oversight/{COUNTY}"' not in page
    members_of = words(officer.open(f"/oversight/{DENGLIANG}/members"))
    assert f'href="/oversight/{COUNTY}"' not in members_of


def test_every_figure_with_a_list_opens_it(worker, members):
    officer = worker(Role.COUNTY_OFFICER)
    page = words(officer.open(f"/oversight/{COUNTY}"))

    links = re.findall(r'<p class="figure-tile-value"><a href="([^"]+)"', page)

    assert len(links) == 4
    for link in links:
        if link.startswith("/"):
            officer.open(link.replace("&amp;", "&"))
        else:
            assert f'id="{link[1:]}"' in page


def test_lists_show_counts_and_codes_and_no_sum(worker, members):
    officer = worker(Role.COUNTY_OFFICER)

    for name in ("workshops", "members", "orders"):
        page = words(officer.open(f"/oversight/{COUNTY}/{name}?lang=en"))
        assert "¥" not in page, name
        assert "刘女士" not in page, name


def test_a_county_reads_codes_where_a_town_reads_names(worker, members):
    county = words(worker(Role.COUNTY_OFFICER).open(f"/oversight/{DENGLIANG}/members"))
    town = words(worker(Role.TOWN_SUPERVISOR).open(f"/oversight/{DENGLIANG}/members"))

    assert "王秀兰" not in county
    assert "王秀兰" in town


@pytest.mark.parametrize("name", ["year", "30-days", "last-year", "nonsense"])
def test_figures_are_of_the_time_that_was_chosen(worker, members, name):
    page = seen(worker(Role.TOWN_SUPERVISOR).open(f"/oversight?span={name}&lang=en"))

    assert ("¥ 88.00" in page) == (name != "last-year")


def test_what_is_owed_and_what_was_paid_is_added_up(worker, in_app, members, noon):
    here, _ = members
    officer = worker(Role.TOWN_SUPERVISOR)

    in_app(
        lambda: earnings.credit(
            key="wage",
            member_id=here.id,
            kind=EarningKind.PIECE_WAGE,
            amount=Money(50820),
            facts={"title": "凉鞋", "passed": 11},
            earned_at=noon,
            sure_at=noon,
            now=noon,
        )
    )

    assert "¥ 508.20" in seen(officer.open("/oversight?lang=en"))


@pytest.mark.parametrize("role", [Role.TOWN_SUPERVISOR, Role.COUNTY_OFFICER])
def test_a_person_is_shown_only_after_a_reason_that_stays_written_down(
    worker, in_app, members, noon, role
):
    here, _ = members
    officer = worker(role)
    address = f"/oversight/members/{here.public_id}"

    before = seen(officer.open(f"{address}?lang=en"))
    assert "What the sums" not in before
    assert in_app(lambda: lists.looks_at(here.id)) == []

    shown = seen(officer.send(address, {"reason": f" {REASON} "}, status=200))

    assert "Wang Xiulan" in shown
    assert REASON in shown
    (look,) = in_app(lambda: lists.looks_at(here.id))
    assert (look.reason, look.by_id, look.at) == (REASON, officer.who.user_id, noon)


@pytest.mark.parametrize("reason", ["", "too short", "   x        "])
def test_without_a_reason_in_words_nothing_is_shown_and_what_was_typed_stays(
    worker, in_app, members, reason
):
    here, _ = members
    officer = worker(Role.COUNTY_OFFICER)
    address = f"/oversight/members/{here.public_id}"
    officer.open(f"{address}?lang=en")

    page = officer.send(address, {"reason": reason}, status=422)

    assert "Wang Xiulan" not in seen(page)
    assert reason.strip() in words(page)
    assert in_app(lambda: lists.looks_at(here.id)) == []


def test_a_person_of_another_town_is_not_there_and_no_reason_helps(worker, in_app, members):
    _, there = members
    officer = worker(Role.TOWN_SUPERVISOR)
    address = f"/oversight/members/{there.public_id}"

    officer.open(address, status=404)
    officer.send(address, {"reason": REASON}, via="/account", status=404)

    assert in_app(lambda: lists.looks_at(there.id)) == []


def test_every_look_is_kept_the_latest_first(worker, members):
    here, _ = members
    address = f"/oversight/members/{here.public_id}"
    worker(Role.TOWN_SUPERVISOR, name="冉红").send(address, {"reason": REASON}, status=200)

    page = seen(
        worker(Role.COUNTY_OFFICER, name="吴军").send(
            address, {"reason": "年度评估抽查到她这一页"}, status=200
        )
    )

    assert page.index("吴军") < page.index("冉红")
    assert REASON in page


def test_she_reads_on_her_own_page_who_looked_and_why(worker, in_app, visitor, members, noon):
    here, _ = members
    officer = worker(Role.COUNTY_OFFICER, name="高远<i>")
    officer.send(f"/oversight/members/{here.public_id}", {"reason": REASON}, status=200)

    def enter():
        maker = a_maker(member_id=here.id)
        login = accounts_now.user_by_id(maker.user_id).login
        return accounts.sign_in(login=login, password=PIN, device="", now=noon).token

    token = in_app(enter)
    with visitor.client.session_transaction() as session:
        session[SIGN_IN_KEY] = token
    page = words(visitor.open("/member"))

    assert REASON in page
    assert "高远&lt;i&gt;" in page


@pytest.mark.parametrize("role", [Role.TOWN_SUPERVISOR, Role.COUNTY_OFFICER])
def test_whoever_supervises_changes_nothing_anywhere(worker, fresh_app, members, role):
    officer = worker(role)
    officer.open("/desk", status=403)
    # For everybody, for programs with a token, or tested elsewhere.
    own = {"account", "api", "oversight", "storefront", "hooks", "demo_pay", "reading"}
    posts = [
        rule
        for rule in fresh_app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and rule.endpoint.split(".")[0] not in own
        # A borrowed telephone is anybody's, and shows sums to whoever knows code and pictures.
        and rule.endpoint != "member.borrowed"
    ]
    assert len(posts) > 20

    for rule in posts:
        address = re.sub(r"<int:\w+>", "1", rule.rule)
        address = re.sub(r"<any\((\w+),[^>]*>", r"\1", address)
        officer.send(re.sub(r"<[^>]+>", "x", address), via="/account", status=403)


def test_no_page_of_the_overview_has_a_form_but_the_reason_and_the_door(worker, members):
    here, _ = members
    officer = worker(Role.COUNTY_OFFICER)

    for address in (
        "/oversight",
        f"/oversight/{TOWN}",
        f"/oversight/{COUNTY}/members",
        f"/oversight/{COUNTY}/orders",
        f"/oversight/members/{here.public_id}",
    ):
        actions = re.findall(r'<form[^>]*action="([^"]+)"', words(officer.open(address)))
        assert set(actions) <= {"/reading", "/sign-out", f"/oversight/members/{here.public_id}"}


def test_late_pay_climbs_from_the_room_to_the_town_and_the_county(worker, in_app, clock, members):
    in_app(lambda: an_earning(member_id=members[0].id))
    alarm = "工资晚发"
    for day, is_seen_by_town, is_seen_by_county in (
        (25, False, False),
        (27, False, False),
        (28, True, False),
        (31, True, False),
    ):
        clock.now = datetime(2026, 7, day, 4, 0, tzinfo=UTC)
        town = words(worker(Role.TOWN_SUPERVISOR).open("/oversight"))
        assert (alarm in town) is is_seen_by_town, day
        county = words(worker(Role.COUNTY_OFFICER).open("/oversight"))
        assert (alarm in county) is is_seen_by_county, day

    clock.now = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
    county = worker(Role.COUNTY_OFFICER)
    page = seen(county.open("/oversight"))
    assert alarm in page
    assert "508.20" in page
    assert "晚了 7 天" in page
    assert alarm not in words(county.open(f"/oversight/{OTHER_TOWN}"))


def test_the_quarterly_report_names_every_seller_in_reach(worker, clock, members):
    clock.now = datetime(2026, 10, 2, 4, 0, tzinfo=UTC)
    town = worker(Role.TOWN_SUPERVISOR)
    assert "2026-3" in words(town.open("/oversight"))

    county = worker(Role.COUNTY_OFFICER)
    table = words(county.open("/oversight/income.csv?quarter=2026-3"))
    assert "96.00" in table
    assert "茨竹工坊" in table
    assert "茨竹工坊" not in words(town.open("/oversight/income.csv?quarter=2026-3"))
    for wrong in ("2026-4", "2019-1", "x", ""):
        town.open(f"/oversight/income.csv?quarter={wrong}", status=404)
    worker(Role.CASHIER).open("/oversight/income.csv?quarter=2026-3", status=403)
