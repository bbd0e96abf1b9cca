from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.accounts import checks, queries
from shop.accounts import services as accounts
from shop.accounts.models import Grant, SignIn, User
from shop.accounts.rules import Role
from shop.kernel import events
from shop.kernel.access import SYSTEM, Actor, Permission, Reach, Scope
from shop.kernel.db import db, transaction
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.stations.models import Station
from tests.builders.accounts import PASSWORD, PIN, a_maker, a_social_worker, a_user, an_actor
from tests.builders.stations import (
    BEGINNING,
    CIZHU,
    a_county,
    a_member,
    a_phone,
    a_room,
    a_town,
)


def findings():
    return [finding for check in checks.CHECKS for finding in check.run()]


def test_an_operator_gives_roles_within_her_part_of_the_tree(app, noon):
    operator = an_actor(Role.OPERATOR, at=a_town())
    user = a_user()

    grant = accounts.grant(
        user_id=user, role=Role.INSPECTOR, station_id=a_room(), actor=operator, now=noon
    )

    assert [(g.id, g.role, g.place) for g in queries.grants_of(user)] == [
        (grant, Role.INSPECTOR, "灯梁村")
    ]
    assert findings() == []


@pytest.mark.parametrize(
    ("giver", "place", "refusal"),
    [
        pytest.param(
            lambda: an_actor(Role.OPERATOR, at=a_town()), a_county, OutOfReach, id="the tier above"
        ),
        pytest.param(
            lambda: an_actor(Role.OPERATOR, at=a_room()),
            lambda: a_room(CIZHU),
            OutOfReach,
            id="another village",
        ),
        pytest.param(a_social_worker, a_room, Forbidden, id="a social worker"),
        pytest.param(lambda: an_actor(Role.COUNTY_OFFICER), a_room, Forbidden, id="the officer"),
        pytest.param(Actor, a_room, OutOfReach, id="a visitor"),
    ],
)
def test_nobody_gives_a_role_beyond_her_own_reach(app, noon, giver, place, refusal):
    user = a_user()

    with pytest.raises(refusal):
        accounts.grant(
            user_id=user,
            role=Role.INSPECTOR,
            station_id=place(),
            actor=giver(),
            now=noon,
        )

    assert queries.grants_of(user) == []


def test_whoever_may_give_roles_still_gives_none_stronger_than_her_own(app, noon):
    weak = Actor(
        user_id=a_user(),
        reaches=(Reach("weak", "/", frozenset({Permission.GRANT_ROLES, Permission.SEE_DESK})),),
    )
    user = a_user()

    with pytest.raises(accounts.ExceedsOwn):
        accounts.grant(user_id=user, role=Role.INSPECTOR, station_id=a_room(), actor=weak, now=noon)

    assert queries.grants_of(user) == []


def test_granting_twice_is_granting_once(app, noon):
    user = a_user()
    said = {
        "user_id": user,
        "role": Role.CASHIER,
        "station_id": a_room(),
        "actor": SYSTEM,
        "now": noon,
    }

    assert accounts.grant(**said) == accounts.grant(**said)
    assert len(queries.grants_of(user)) == 1


def test_only_whoever_may_give_a_role_there_takes_it_back(app, noon):
    inspector = an_actor(Role.INSPECTOR)
    grant = queries.grants_of(inspector.user_id)[0].id

    with pytest.raises(OutOfReach):
        accounts.end_grant(
            grant_id=grant, actor=an_actor(Role.OPERATOR, at=a_room(CIZHU)), now=noon
        )
    assert queries.grants_of(inspector.user_id) != []

    accounts.end_grant(grant_id=grant, actor=an_actor(Role.OPERATOR), now=noon)
    accounts.end_grant(grant_id=grant, actor=SYSTEM, now=noon)
    assert queries.grants_of(inspector.user_id) == []
    kinds = [row.kind for row in events.history(f"user:{inspector.user_id}")]
    assert kinds == ["RoleGranted", "GrantEnded"]


def test_a_social_worker_opens_a_sign_in_for_a_maker_of_her_room(app, noon):
    member = a_member()

    user = accounts.create_user(
        login="139 8372 0001",
        name="王秀兰",
        password=PIN,
        member_id=member,
        actor=a_social_worker(),
        now=noon,
    )

    opened = accounts.sign_in(login="13983720001", password=PIN, device="", now=noon)
    assert opened.user_id == user
    assert queries.user_of_member(member).id == user


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        pytest.param({"password": "123456"}, accounts.WeakPin, id="a PIN in a row"),
        pytest.param({"password": "58392"}, accounts.WeakPin, id="five digits"),
        pytest.param({"password": "58392a"}, accounts.WeakPin, id="a letter"),
        pytest.param({"password": "５８３９２０"}, accounts.WeakPin, id="full-width digits"),
        pytest.param({"login": "taken"}, accounts.LoginTaken, id="a name that is taken"),
        pytest.param({"member_id": 999}, NotFound, id="no such member"),
        pytest.param({"actor": Actor()}, OutOfReach, id="a visitor"),
    ],
)
def test_a_maker_s_sign_in_that_is_not_right_is_not_made(app, noon, said, refusal):
    a_user(login="taken")
    member = a_member()
    asked = {
        "login": a_phone(),
        "name": "王秀兰",
        "password": PIN,
        "member_id": member,
        "actor": SYSTEM,
        "now": noon,
    }

    with pytest.raises(refusal):
        accounts.create_user(**(asked | said))

    assert queries.user_of_member(member) is None


@pytest.mark.parametrize("password", ["", "123456", "nine char", "x" * 201])
def test_staff_need_a_real_password(app, noon, password):
    with pytest.raises(accounts.WeakPassword):
        accounts.create_user(login="zhoumin", name="周敏", password=password, now=noon)


@pytest.mark.parametrize(
    ("helper", "refusal"),
    [
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), OutOfReach, id="another village"),
        pytest.param(lambda: an_actor(Role.INSPECTOR), Forbidden, id="an inspector"),
        pytest.param(a_maker, OutOfReach, id="another maker"),
        pytest.param(a_social_worker, Forbidden, id="a social worker without a witness"),
    ],
)
def test_nobody_else_gives_a_maker_a_new_pin(app, noon, helper, refusal):
    maker = a_maker(phone="13983720001")

    with pytest.raises(refusal):
        accounts.set_password(user_id=maker.user_id, password="739205", actor=helper(), now=noon)

    accounts.sign_in(login="13983720001", password=PIN, device="", now=noon)


def test_a_social_worker_resets_no_password_of_staff(app, noon):
    cashier = an_actor(Role.CASHIER)

    with pytest.raises(Forbidden):
        accounts.set_password(
            user_id=cashier.user_id, password="a long one for me", actor=a_social_worker(), now=noon
        )


def test_a_maker_who_is_also_staff_is_helped_only_by_whoever_reaches_both(app, noon):
    maker = a_maker()
    accounts.grant(
        user_id=maker.user_id, role=Role.CASHIER, station_id=a_room(), actor=SYSTEM, now=noon
    )

    with pytest.raises(Forbidden):
        accounts.switch_off(user_id=maker.user_id, actor=a_social_worker(), now=noon)
    accounts.switch_off(user_id=maker.user_id, actor=an_actor(Role.OPERATOR), now=noon)

    assert not queries.user_by_id(maker.user_id).is_active


def test_wrong_present_passwords_count_and_lock(app, noon):
    user = a_user(login="zhoumin")
    for _ in range(5):
        with pytest.raises(accounts.WrongPassword):
            accounts.change_password(user_id=user, old="guess", new="a new long one", now=noon)

    with pytest.raises(accounts.Locked):
        accounts.change_password(user_id=user, old=PASSWORD, new="a new long one", now=noon)


def test_the_people_of_a_place_are_listed_within_reach(app):
    worker = a_social_worker()
    elsewhere = a_social_worker(at=a_room(CIZHU))

    assert [s.user.id for s in queries.users_at(a_room())] == [worker.user_id]
    assert [s.user.id for s in queries.staff(Scope(("/500229/212/",)))] == [worker.user_id]
    assert {s.user.id for s in queries.staff(Scope(("/",)))} == {worker.user_id, elsewhere.user_id}
    assert queries.names_of(frozenset({worker.user_id})) == {worker.user_id: "周敏"}


def _plant_grant(user, giver, role, station):
    with transaction() as session:
        session.add(
            Grant(
                user_id=user,
                role=role,
                station_id=station,
                granted_by_id=giver,
                granted_at=BEGINNING,
            )
        )


def test_the_proof_finds_a_role_that_was_given_beyond_reach(app, noon):
    _plant_grant(a_user(), a_social_worker().user_id, Role.CASHIER, a_room())

    assert [(f.code, f.subject) for f in findings()] == [("A3", "grant:2")]


def test_the_proof_knows_that_a_giver_s_role_may_have_ended_since(app, noon):
    operator = an_actor(Role.OPERATOR)
    user = a_user()
    accounts.grant(user_id=user, role=Role.CASHIER, station_id=a_room(), actor=operator, now=noon)
    grant = queries.grants_of(operator.user_id)[0].id
    accounts.end_grant(grant_id=grant, actor=SYSTEM, now=noon.replace(hour=5))

    assert findings() == []


def test_the_proof_finds_double_roles_open_doors_and_broken_paths(app, noon):
    user = a_user(login="zhoumin")
    accounts.sign_in(login="zhoumin", password=PASSWORD, device="", now=noon)
    assert findings() == []
    _plant_grant(user, None, Role.CASHIER, a_room())
    _plant_grant(user, None, Role.CASHIER, a_room())
    with transaction() as session:
        session.get(User, user).active = False
        session.get(Station, a_town()).path = "/500229/21/2/"

    assert {(f.code, f.subject) for f in findings()} == {
        ("A3", f"user:{user}"),
        ("A4", f"sign_in:{db.session.scalar(sa.select(SignIn.id))}"),
        ("A2", f"station:{a_town()}"),
        ("A2", f"station:{a_room()}"),
    }
