from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from shop.accounts import queries
from shop.accounts import services as accounts
from shop.accounts.models import SignIn, User
from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM, Permission
from shop.kernel.db import db, transaction
from shop.stations import queries as stations
from tests.builders.accounts import PASSWORD, PIN, a_maker, a_user, an_actor
from tests.builders.stations import BEGINNING, a_room, a_town

LONG = timedelta(hours=12)


def sign_in(login="zhoumin", password=PASSWORD, *, now, device="Android · Chrome"):
    return accounts.sign_in(login=login, password=password, device=device, now=now)


def tries_of(login):
    return db.session.execute(
        sa.select(User.failed_tries, User.locked_until).where(User.login == login)
    ).one()


def test_a_sign_in_gives_a_token_that_stands_for_the_person(app, noon):
    user = a_user(login="zhoumin")

    opened = sign_in(now=noon)

    actor = queries.actor_for_token(opened.token, noon)
    assert (actor.user_id, actor.name, actor.member_id, actor.reaches) == (user, "周敏", None, ())
    assert db.session.scalars(sa.select(SignIn.token_digest)).one() not in opened.token


def test_rights_are_the_grants_that_stand_at_this_moment(app, noon):
    user = a_user(login="zhoumin")
    token = sign_in(now=noon).token
    room = stations.path_of(a_room())

    assert not queries.actor_for_token(token, noon).may(Permission.GIVE_WORK, at=room)
    grant = accounts.grant(
        user_id=user, role=Role.SOCIAL_WORKER, station_id=a_room(), actor=SYSTEM, now=noon
    )
    assert queries.actor_for_token(token, noon).may(Permission.GIVE_WORK, at=room)
    accounts.end_grant(grant_id=grant, actor=SYSTEM, now=noon)
    assert not queries.actor_for_token(token, noon).may(Permission.GIVE_WORK, at=room)


def test_a_role_at_a_town_reaches_its_rooms_and_not_the_county(app):
    actor = an_actor(Role.TOWN_SUPERVISOR, at=a_town())

    assert actor.may(Permission.SEE_OVERSIGHT, at=stations.path_of(a_room()))
    assert not actor.may(Permission.SEE_OVERSIGHT, at="/500229/")
    assert not actor.may(Permission.GIVE_WORK, at=stations.path_of(a_room()))


def test_a_maker_may_see_what_is_hers_and_nothing_of_her_room(app):
    maker = a_maker()
    room = stations.path_of(a_room())

    assert maker.holds(Permission.SEE_OWN_EARNINGS)
    assert not any(maker.may(permission, at=room) for permission in Permission)
    assert all(
        path.startswith("member:") for path in maker.scope(Permission.SEE_OWN_EARNINGS).paths
    )


@pytest.mark.parametrize(
    "token",
    ["", ".", "1.", "1.wrong", "x.y", "²." + "a" * 32, "9" * 30 + ".a", "-1.a", "1.\x00"],
)
def test_a_token_nobody_was_given_stands_for_nobody(app, noon, token):
    a_user(login="zhoumin")
    sign_in(now=noon)

    assert queries.actor_for_token(token, noon) is None


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(
            lambda user, now: accounts.sign_out_everywhere(user_id=user, actor=SYSTEM, now=now),
            id="signed out everywhere",
        ),
        pytest.param(
            lambda user, now: accounts.set_password(
                user_id=user, password="another long one", actor=SYSTEM, now=now
            ),
            id="new password",
        ),
        pytest.param(
            lambda user, now: accounts.switch_off(user_id=user, actor=SYSTEM, now=now),
            id="switched off",
        ),
        pytest.param(lambda user, now: turn_uniquifier(user), id="another uniquifier"),
    ],
)
def test_every_device_is_out_at_once_when_it_should_be(app, noon, end):
    user = a_user(login="zhoumin")
    tokens = [sign_in(now=noon).token for _ in range(2)]

    end(user, noon)

    assert [queries.actor_for_token(token, noon) for token in tokens] == [None, None]


def turn_uniquifier(user):
    with transaction() as session:
        session.execute(sa.update(User).where(User.id == user).values(fs_uniquifier="turned"))


def test_signing_out_ends_this_device_and_no_other(app, noon):
    a_user(login="zhoumin")
    here, there = sign_in(now=noon).token, sign_in(now=noon).token

    accounts.sign_out(token=here, now=noon)
    accounts.sign_out(token=here, now=noon)
    accounts.sign_out(token="99.nobody", now=noon)

    assert queries.actor_for_token(here, noon) is None
    assert queries.actor_for_token(there, noon) is not None


def test_a_sign_in_lasts_a_working_day(app, noon):
    a_user(login="zhoumin")
    token = sign_in(now=noon).token

    assert queries.actor_for_token(token, noon + LONG - timedelta(seconds=1)) is not None
    assert queries.actor_for_token(token, noon + LONG) is None


def test_four_wrong_tries_are_forgiven_by_the_right_one(app, noon):
    a_user(login="zhoumin")
    for _ in range(4):
        with pytest.raises(accounts.WrongSignIn):
            sign_in(password="guess", now=noon)

    sign_in(now=noon)

    assert tries_of("zhoumin") == (0, None)


def test_the_fifth_wrong_try_locks_and_each_further_one_doubles_the_rest(app, noon):
    a_user(login="zhoumin")
    for _ in range(5):
        with pytest.raises(accounts.WrongSignIn):
            sign_in(password="guess", now=noon)

    with pytest.raises(accounts.Locked) as locked:
        sign_in(now=noon + timedelta(minutes=14))
    assert locked.value.details == {"minutes": 1}
    with pytest.raises(accounts.WrongSignIn):
        sign_in(password="guess", now=noon + timedelta(minutes=15))
    with pytest.raises(accounts.Locked) as locked:
        sign_in(now=noon + timedelta(minutes=15))
    assert locked.value.details == {"minutes": 30}


def test_guessers_side_by_side_get_no_more_tries_than_one_after_the_other(fresh_app, noon):
    with fresh_app.app_context():
        a_user(login="zhoumin")
        db.session.remove()
    start = Barrier(12)
    answers = []

    def guess():
        with fresh_app.app_context():
            start.wait()
            try:
                sign_in(password="guess", now=noon)
            except (accounts.WrongSignIn, accounts.Locked) as refusal:
                answers.append(type(refusal))
            finally:
                db.session.remove()

    threads = [Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count(accounts.WrongSignIn) == 5
    assert answers.count(accounts.Locked) == 7


def test_unknown_and_switched_off_people_are_refused_alike(app, noon):
    user = a_user(login="zhoumin")
    accounts.switch_off(user_id=user, actor=SYSTEM, now=noon)

    for login in ("zhoumin", "nobody"):
        with pytest.raises(accounts.WrongSignIn) as refusal:
            sign_in(login, now=noon)
        assert refusal.value.details == {}


def test_own_pages_close_after_two_quiet_minutes_and_stay_open_while_read(app, noon):
    a_maker(phone="13983720001")
    token = sign_in("13983720001", PIN, now=noon).token
    two = timedelta(minutes=2)

    assert accounts.keep_open(token=token, now=noon + two)
    assert accounts.keep_open(token=token, now=noon + 2 * two)
    assert not accounts.keep_open(token=token, now=noon + 4 * two + timedelta(seconds=1))
    assert not accounts.keep_open(token=token, now=noon + 4 * two + timedelta(seconds=1))
    assert not accounts.keep_open(token="1.nonsense", now=noon)


def test_the_last_opening_is_that_of_another_sign_in(app, noon):
    maker = a_maker(phone="13983720001")
    first = sign_in("13983720001", PIN, now=noon).token
    assert queries.last_opened(maker.user_id, token=first, now=noon) is None
    accounts.keep_open(token=first, now=noon + timedelta(minutes=1))

    later = noon + timedelta(days=1)
    second = sign_in("13983720001", PIN, now=later).token

    seen = queries.last_opened(maker.user_id, token=second, now=later)
    assert seen == noon + timedelta(minutes=1)


def test_the_list_of_devices_knows_which_is_this(app, noon):
    user = a_user(login="zhoumin")
    sign_in(now=noon, device="Windows · Edge")
    here = sign_in(now=noon + timedelta(minutes=1), device="x" * 500).token

    devices = queries.devices(user, token=here, now=noon + timedelta(minutes=2))

    assert [(d.device, d.is_this) for d in devices] == [
        ("x" * 120, True),
        ("Windows · Edge", False),
    ]


def test_actor_of_speaks_for_people_who_can_sign_in(app):
    user = a_user(login="zhoumin")

    assert queries.actor_of(user).user_id == user
    accounts.switch_off(user_id=user, actor=SYSTEM, now=BEGINNING)
    with pytest.raises(accounts.NotFound):
        queries.actor_of(user)
