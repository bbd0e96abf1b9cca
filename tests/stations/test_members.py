from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor, Scope
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.money import Money
from shop.stations import queries
from shop.stations import services as stations
from shop.stations.models import Consent, Workshop
from shop.stations.rules import ConsentPurpose
from tests.builders.accounts import a_maker, a_social_worker, an_actor
from tests.builders.stations import CIZHU, a_member, a_room, a_station, a_town, a_workshop

ALL = (ConsentPurpose.NAME, ConsentPurpose.VILLAGE, ConsentPurpose.STORY)


def test_a_maker_is_shown_by_her_code_until_she_allows_more(app):
    silent = a_member()
    open_hearted = a_member(name="李桂芳", name_en="Li Guifang", consents=ALL)

    shown = queries.makers_shown([silent, open_hearted])

    assert (shown[silent].code, shown[silent].name, shown[silent].village) == ("001", None, None)
    assert shown[silent].story is None
    assert shown[open_hearted].name == "李桂芳"
    assert shown[open_hearted].village == "灯梁村"
    assert shown[open_hearted].story == "编凉鞋第六年。"


@pytest.mark.parametrize("purpose", ALL)
def test_withdrawing_hides_that_one_thing_at_once(app, noon, purpose):
    member = a_member(consents=ALL)

    stations.withdraw_consent(member_id=member, purpose=purpose, actor=SYSTEM, now=noon)

    shown = queries.makers_shown([member])[member]
    seen = {
        ConsentPurpose.NAME: shown.name,
        ConsentPurpose.VILLAGE: shown.village,
        ConsentPurpose.STORY: shown.story,
    }
    assert [kind for kind, value in seen.items() if value is None] == [purpose]
    assert queries.consents(member) == set(ALL) - {purpose}


def test_consent_can_be_given_again_and_its_history_stays(app, noon):
    member = a_member(consents=(ConsentPurpose.NAME,))
    stations.withdraw_consent(member_id=member, purpose=ConsentPurpose.NAME, actor=SYSTEM, now=noon)

    for _ in range(2):
        stations.give_consent(
            member_id=member,
            purpose=ConsentPurpose.NAME,
            explained_by=None,
            actor=SYSTEM,
            now=noon,
        )

    assert queries.makers_shown([member])[member].name == "王秀兰"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Consent)) == 2
    kinds = [row.kind for row in events.history(f"member:{member}")]
    assert kinds == ["MemberJoined", "ConsentGiven", "ConsentWithdrawn", "ConsentGiven"]


def test_a_maker_decides_about_herself_and_about_nobody_else(app, noon):
    her = a_maker()
    other = a_member()

    stations.give_consent(
        member_id=her.member_id,
        purpose=ConsentPurpose.STORY,
        explained_by=None,
        actor=her,
        now=noon,
    )
    with pytest.raises(NotFound):
        stations.give_consent(
            member_id=other,
            purpose=ConsentPurpose.STORY,
            explained_by=None,
            actor=her,
            now=noon,
        )

    assert queries.consents(her.member_id) == {ConsentPurpose.STORY}
    assert queries.consents(other) == frozenset()


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), OutOfReach, id="another village"),
        pytest.param(lambda: an_actor(Role.INSPECTOR), Forbidden, id="an inspector"),
        pytest.param(lambda: an_actor(Role.TOWN_SUPERVISOR), Forbidden, id="the supervisor"),
        pytest.param(Actor, OutOfReach, id="a visitor"),
    ],
)
def test_nobody_takes_members_in_beyond_her_role_and_reach(app, noon, actor, refusal):
    workshop = a_workshop()

    with pytest.raises(refusal):
        stations.add_member(workshop_id=workshop, name="陈明珍", actor=actor(), now=noon)

    assert queries.members(Scope(("/",))) == []


def test_members_are_listed_within_the_readers_reach_only(app):
    here = a_member(phone="139 8372 0001")
    other_shop = a_workshop(slug="cizhu", station_id=a_room(CIZHU))
    there = a_member(workshop_id=other_shop, name="向红英")

    def found(scope, **asked):
        return [member.id for member in queries.members(scope, **asked)]

    town = Scope((queries.path_of(a_town()),))
    assert found(Scope(("/",))) == [here, there]
    assert found(town) == [here]
    assert found(Scope()) == []
    assert found(Scope(("/",)), text="红英") == [there]
    assert found(Scope(("/",)), text="0001") == [here]
    assert found(Scope(("/",)), text="%") == []
    assert found(Scope(("/",)), workshop_id=other_shop) == [there]
    public_id = queries.member(there).public_id
    with pytest.raises(NotFound):
        queries.member_by_public_id(public_id, scope=town)


def test_a_neighbour_whose_code_begins_alike_is_not_below(app):
    a_station("500229212202")
    a_station("500229212")
    inside = Scope((queries.path_of(a_room()),))
    longer = Scope(("/500229/21/",))

    assert [s.code for s in queries.children(a_town(), scope=inside)] == ["500229212202"]
    assert queries.children(a_town(), scope=longer) == []


def test_two_members_of_one_workshop_never_share_a_code(app, noon):
    workshop = a_workshop()
    stations.add_member(workshop_id=workshop, name="王秀兰", code="002", actor=SYSTEM, now=noon)
    second = stations.add_member(workshop_id=workshop, name="陈明珍", actor=SYSTEM, now=noon)
    third = stations.add_member(workshop_id=workshop, name="李桂芳", actor=SYSTEM, now=noon)

    assert [queries.member(m).code for m in (second, third)] == ["003", "004"]
    with pytest.raises(stations.MemberCodeTaken):
        stations.add_member(workshop_id=workshop, name="刘小琴", code="002", actor=SYSTEM, now=noon)


def test_a_workshop_stands_at_its_place_with_all_names_above_it(app):
    view = queries.workshop(a_workshop())

    assert view.place == ("城口县", "鸡鸣乡", "灯梁村")
    assert view.place_en == ("Chengkou County", "Jiming Township", "Dengliang Village")
    assert view.shipping == Money(800)
    assert view.phone == "02359000001"
    assert queries.workshop_by_slug("dengliang") == view
    assert queries.workshops(Scope((queries.path_of(a_room(CIZHU)),))) == []
    assert queries.workshops_by_id([view.id, 999]) == {view.id: view}


def test_a_public_address_belongs_to_one_workshop(app, noon):
    a_workshop()

    with pytest.raises(stations.SlugTaken):
        stations.add_workshop(
            station_id=a_room(),
            slug="dengliang",
            name="另一个",
            seller_name="x",
            actor=SYSTEM,
            now=noon,
        )

    assert db.session.scalar(sa.select(sa.func.count()).select_from(Workshop)) == 1


def test_a_social_worker_founds_no_workshop(app, noon):
    with pytest.raises(Forbidden):
        stations.add_workshop(
            station_id=a_room(),
            slug="own",
            name="自己的",
            seller_name="x",
            actor=a_social_worker(),
            now=noon,
        )


def test_what_is_no_telephone_number_leaves_nobody_behind(app, noon):
    workshop = a_workshop()

    with pytest.raises(stations.PhoneUnreadable):
        stations.add_member(
            workshop_id=workshop, name="王秀兰", phone="her son's", actor=SYSTEM, now=noon
        )

    assert queries.members(Scope(("/",))) == []
