from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from shop.accounts import factors, queries
from shop.accounts import services as accounts
from shop.accounts.models import RecoveryCode, SignIn, TotpSecret, User
from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from tests.builders.accounts import PASSWORD, a_maker, a_user, an_actor
from tests.builders.stations import BEGINNING, CIZHU, a_room

HALF = timedelta(seconds=30)


@pytest.fixture
def required():
    accounts.install_policy(is_required=True)
    yield
    accounts.install_policy(is_required=False)


def a_worker(login="zhoumin", role=Role.SOCIAL_WORKER, at=None):
    user_id = a_user(login=login)
    station = a_room() if at is None else at
    accounts.grant(user_id=user_id, role=role, station_id=station, actor=SYSTEM, now=BEGINNING)
    return user_id


def a_telephone(user_id, now):
    """Return what makes the numbers of a person who has set them up half a minute before."""
    then = now - HALF
    secret = factors.secret_to_set_up(user_id=user_id, now=then)
    telephone = pyotp.TOTP(secret)
    codes = factors.set_up(user_id=user_id, number=telephone.at(then), now=then)
    return telephone, codes


def sign_in(now, login="zhoumin", password=PASSWORD):
    return accounts.sign_in(login=login, password=password, device="", now=now)


def test_without_a_rule_a_password_is_enough_for_who_set_nothing_up(app, noon):
    a_worker()

    assert not sign_in(noon).needs_second


def test_where_it_is_required_a_weighty_role_signs_in_with_more_than_a_password(
    app, noon, required
):
    a_worker()
    a_worker("tanyun", Role.INSPECTOR)
    a_maker(phone="13983720001")

    opened = sign_in(noon)
    assert opened.needs_second
    assert queries.actor_for_token(opened.token, now=noon) is None
    assert not sign_in(noon, "tanyun").needs_second
    assert not sign_in(noon, "13983720001", "583920").needs_second


def test_a_number_of_now_opens_the_sign_in_that_waits(app, noon):
    telephone, _ = a_telephone(a_worker(), noon)
    waiting = sign_in(noon)

    opened = factors.finish(token=waiting.token, number=telephone.at(noon), now=noon)

    assert queries.actor_for_token(opened.token, now=noon) is not None


@pytest.mark.parametrize(
    ("off", "is_taken"),
    [(timedelta(seconds=30), True), (-HALF, False), (timedelta(seconds=60), False)],
)
def test_a_clock_may_be_wrong_by_half_a_minute(app, noon, off, is_taken):
    # Half a minute behind is the number that set it up, and that one is spent.
    telephone, _ = a_telephone(a_worker(), noon)
    waiting = sign_in(noon)
    number = telephone.at(noon + off)

    if is_taken:
        factors.finish(token=waiting.token, number=number, now=noon)
    else:
        with pytest.raises(factors.WrongNumber):
            factors.finish(token=waiting.token, number=number, now=noon)


def test_a_telephone_half_a_minute_behind_signs_in_later(app, noon):
    telephone, _ = a_telephone(a_worker(), noon)
    later = noon + timedelta(hours=1)
    waiting = sign_in(later)

    factors.finish(token=waiting.token, number=telephone.at(later - HALF), now=later)


def test_a_number_works_once_also_when_it_comes_twice_at_once(app, noon):
    telephone, _ = a_telephone(a_worker(), noon)
    number = telephone.at(noon)
    tokens = [sign_in(noon).token, sign_in(noon).token]
    db.session.remove()
    done = []

    def finish(token):
        with app.app_context():
            with contextlib.suppress(factors.WrongNumber):
                factors.finish(token=token, number=number, now=noon)
                done.append(token)
            db.session.remove()

    threads = [threading.Thread(target=finish, args=[token]) for token in tokens]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(done) == 1


def test_a_recovery_code_works_once_however_it_is_typed(app, noon):
    _, codes = a_telephone(a_worker(), noon)
    assert len(set(codes)) == 10

    typed = f" {codes[0].lower().replace('-', ' ')} "
    factors.finish(token=sign_in(noon).token, number=typed, now=noon)
    with pytest.raises(factors.WrongNumber):
        factors.finish(token=sign_in(noon).token, number=codes[0], now=noon)


def test_nothing_that_is_kept_tells_a_secret_or_a_recovery_code(app, noon):
    telephone, codes = a_telephone(a_worker(), noon)

    kept = str(db.session.execute(sa.select(*TotpSecret.__table__.c)).one())
    kept += str(db.session.execute(sa.select(*RecoveryCode.__table__.c)).all())

    assert telephone.secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_a_right_password_buys_no_more_tries_at_the_number(app, noon):
    a_telephone(a_worker(), noon)
    tries = 0

    with pytest.raises(accounts.Locked):
        for _ in range(20):
            waiting = sign_in(noon)
            for _ in range(2):
                tries += 1
                with pytest.raises(factors.WrongNumber):
                    factors.finish(token=waiting.token, number="000000", now=noon)
    assert tries <= 5


def test_a_sign_in_waits_ten_minutes_and_opens_nothing_meanwhile(app, noon):
    user_id = a_worker()
    telephone, _ = a_telephone(user_id, noon)
    waiting = sign_in(noon)

    assert queries.actor_for_token(waiting.token, now=noon) is None
    assert queries.devices(user_id, token=waiting.token, now=noon) == []
    late = noon + timedelta(minutes=10)
    with pytest.raises(NotFound):
        factors.finish(token=waiting.token, number=telephone.at(late), now=late)


def test_another_telephone_takes_the_place_of_the_first_only_when_it_proved_itself(app, noon):
    user_id = a_worker()
    old, old_codes = a_telephone(user_id, noon)
    secret = factors.secret_to_set_up(user_id=user_id, now=noon)
    with pytest.raises(factors.WrongNumber):
        factors.set_up(user_id=user_id, number=old.at(noon), now=noon)
    factors.finish(token=sign_in(noon).token, number=old.at(noon), now=noon)

    later = noon + timedelta(minutes=5)
    factors.set_up(user_id=user_id, number=pyotp.TOTP(secret).at(later), now=later)

    for spent in (old.at(later), old_codes[0]):
        with pytest.raises(factors.WrongNumber):
            factors.finish(token=sign_in(later).token, number=spent, now=later)


def test_a_weighty_role_given_to_somebody_signed_in_by_password_waits_for_the_second(
    app, noon, required
):
    user_id = a_worker("tanyun", Role.INSPECTOR)
    opened = sign_in(noon, "tanyun")

    accounts.grant(user_id=user_id, role=Role.CASHIER, station_id=a_room(), actor=SYSTEM, now=noon)

    assert queries.present(opened.token, now=noon) is None
    assert sign_in(noon, "tanyun").needs_second


def a_lost_telephone(now):
    user_id = a_worker()
    a_telephone(user_id, now)
    return user_id, an_actor(Role.BOOKKEEPER), an_actor(Role.SOCIAL_WORKER)


def test_two_colleagues_take_the_second_step_away_and_every_sign_in_ends(app, noon, required):
    user_id, first, second = a_lost_telephone(noon)
    session = factors.finish(token=sign_in(noon).token, number=new_code(user_id, noon), now=noon)

    name = factors.propose_reset(user_id=user_id, reason="丢了", actor=first, now=noon)
    assert factors.factors_of(user_id).has_any
    factors.confirm_reset(name=name, actor=second, now=noon)

    assert not factors.factors_of(user_id).has_any
    assert queries.present(session.token, now=noon) is None
    assert sign_in(noon).needs_second  # and she sets up another


def new_code(user_id, now):
    return factors.new_recovery_codes(user_id=user_id, now=now)[0]


def test_nobody_resets_alone_nor_herself(app, noon):
    user_id, first, second = a_lost_telephone(noon)
    herself = queries.actor_of(user_id)
    with pytest.raises(factors.TwoColleagues):
        factors.propose_reset(user_id=user_id, reason="", actor=herself, now=noon)
    name = factors.propose_reset(user_id=user_id, reason="丢了", actor=first, now=noon)

    for actor in (first, herself):
        with pytest.raises(factors.TwoColleagues):
            factors.confirm_reset(name=name, actor=actor, now=noon)
    with pytest.raises(factors.ResetUnderWay):
        factors.propose_reset(user_id=user_id, reason="", actor=second, now=noon)
    assert factors.factors_of(user_id).has_any


@pytest.mark.parametrize(
    ("role", "place", "refusal"),
    [
        pytest.param(Role.SOCIAL_WORKER, CIZHU, OutOfReach, id="another village"),
        pytest.param(Role.INSPECTOR, None, Forbidden, id="a role without that right"),
    ],
)
def test_who_may_not_help_neither_proposes_nor_confirms(app, noon, role, place, refusal):
    user_id, first, _ = a_lost_telephone(noon)
    stranger = an_actor(role, at=a_room(place) if place else None)
    with pytest.raises(refusal):
        factors.propose_reset(user_id=user_id, reason="", actor=stranger, now=noon)
    name = factors.propose_reset(user_id=user_id, reason="", actor=first, now=noon)

    with pytest.raises(refusal):
        factors.confirm_reset(name=name, actor=stranger, now=noon)
    assert factors.open_resets(stranger, now=noon) == []


def test_a_proposal_is_good_for_a_day_and_can_be_dropped(app, noon):
    user_id, first, second = a_lost_telephone(noon)
    name = factors.propose_reset(user_id=user_id, reason="", actor=first, now=noon)
    tomorrow = noon + timedelta(days=1)

    with pytest.raises(NotFound):
        factors.confirm_reset(name=name, actor=second, now=tomorrow)
    again = factors.propose_reset(user_id=user_id, reason="", actor=first, now=tomorrow)
    factors.drop_reset(name=again, actor=first, now=tomorrow)
    with pytest.raises(NotFound):
        factors.confirm_reset(name=again, actor=second, now=tomorrow)


def test_the_database_itself_refuses_one_person_as_two(app, noon):
    user_id, first, _ = a_lost_telephone(noon)
    factors.propose_reset(user_id=user_id, reason="", actor=first, now=noon)

    with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE factor_resets SET confirmed_by_id = asked_by_id")


def test_a_person_switched_off_finishes_nothing(app, noon):
    user_id = a_worker()
    telephone, _ = a_telephone(user_id, noon)
    waiting = sign_in(noon)
    accounts.switch_off(user_id=user_id, actor=SYSTEM, now=noon)

    with pytest.raises(NotFound):
        factors.finish(token=waiting.token, number=telephone.at(noon), now=noon)
    assert not db.session.get(User, user_id).active
    assert db.session.scalar(sa.select(sa.func.count()).where(SignIn.ended_at.is_(None))) == 0
