from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, OutOfReach
from shop.programs import queries, services
from shop.programs.models import Program, ProgramToken
from shop.programs.rules import LONGEST_LIFE, MOST_TOKENS, ProgramScope
from tests.builders.accounts import an_actor
from tests.builders.programs import a_program, a_token, program_id
from tests.builders.stations import CIZHU, a_room

DAY = timedelta(days=1)


def test_a_token_opens_what_it_is_for_at_its_own_place_and_only_its_digest_is_kept(app, noon):
    room = a_room()
    secret = a_token(ProgramScope.ORDERS_READ, now=noon, station_id=room)

    known = queries.known(secret, now=noon)

    assert known is not None
    assert known.scopes == {ProgramScope.ORDERS_READ}
    assert known.scope.covers(known.path)
    row = db.session.execute(sa.select(ProgramToken.__table__)).one()
    assert secret not in repr(row)
    assert secret.endswith(row.hint)


def test_a_token_that_ran_out_or_was_taken_back_opens_nothing(app, noon):
    program = a_program(now=noon)
    short = a_token(now=noon, program=program, days=1)
    taken = a_token(now=noon, program=program)
    assert queries.known(short, now=noon + DAY - timedelta(seconds=1)) is not None
    assert queries.known(short, now=noon + DAY) is None

    number = program_id(program)
    newest = queries.tokens(number)[0].public_id
    assert services.revoke_token(program_id=number, public_id=newest, actor=SYSTEM, now=noon)
    assert not services.revoke_token(program_id=number, public_id=newest, actor=SYSTEM, now=noon)
    assert queries.known(taken, now=noon) is None


def test_no_token_of_a_program_that_was_ended_opens_anything(app, noon):
    program = a_program(now=noon)
    secret = a_token(now=noon, program=program)
    assert services.end(program_id=program_id(program), actor=SYSTEM, now=noon)
    assert not services.end(program_id=program_id(program), actor=SYSTEM, now=noon)
    assert queries.known(secret, now=noon) is None
    with pytest.raises(services.ProgramOver):
        a_token(now=noon, program=program)


@pytest.mark.parametrize("text", ["", "dlt_", "dlt_" + "x" * 32, "x" * 36, "dlt_" + "字" * 32])
def test_what_is_no_token_opens_nothing(app, noon, text):
    a_token(now=noon)
    assert queries.known(text, now=noon) is None


def test_only_a_manager_of_the_place_makes_tokens(app, noon):
    room = a_room()
    program = a_program(now=noon, station_id=room)
    made = {"program_id": program_id(program), "scopes": [ProgramScope.BUY], "days": 30}
    with pytest.raises(Forbidden):
        services.make_token(**made, actor=an_actor(Role.WORKSHOP_LEAD, at=room), now=noon)
    with pytest.raises(OutOfReach):
        stranger = an_actor(Role.SOCIAL_WORKER, at=a_room(CIZHU))
        services.make_token(**made, actor=stranger, now=noon)
    with pytest.raises(Forbidden):
        services.enter(
            station_id=room, name="x", actor=an_actor(Role.BOOKKEEPER, at=room), now=noon
        )
    assert db.session.scalar(sa.select(sa.func.count(ProgramToken.id))) == 0
    assert db.session.scalar(sa.select(sa.func.count(Program.id))) == 1
    services.make_token(**made, actor=an_actor(Role.SOCIAL_WORKER, at=room), now=noon)


@pytest.mark.parametrize(
    ("scopes", "days"),
    [([], 30), ([ProgramScope.BUY], 0), ([ProgramScope.BUY], -1),
     ([ProgramScope.BUY], LONGEST_LIFE.days + 1)],
)  # fmt: skip
def test_a_token_is_for_something_and_ends(app, noon, scopes, days):
    program = program_id(a_program(now=noon))
    with pytest.raises(services.BadToken):
        services.make_token(program_id=program, scopes=scopes, days=days, actor=SYSTEM, now=noon)


def test_a_program_has_few_open_tokens(app, noon):
    program = a_program(now=noon)
    for _ in range(MOST_TOKENS):
        a_token(now=noon, program=program, days=1)
    with pytest.raises(services.TooManyTokens):
        a_token(now=noon, program=program)
    a_token(now=noon + DAY, program=program)  # those before have run out


def test_a_use_is_noted_every_ten_minutes_and_not_at_every_request(app, noon):
    secret = a_token(now=noon)

    def used_at(instant):
        services.note_use(queries.known(secret, now=instant), now=instant)
        return db.session.scalar(sa.select(ProgramToken.used_at))

    assert used_at(noon) == noon
    assert used_at(noon + timedelta(minutes=9)) == noon
    assert used_at(noon + timedelta(minutes=10)) == noon + timedelta(minutes=10)


def test_a_manager_who_leaves_leaves_the_program_to_the_place(app, noon):
    room = a_room()
    manager = an_actor(Role.SOCIAL_WORKER, at=room)
    secret = a_token(ProgramScope.BUY, now=noon, station_id=room, actor=manager)
    accounts.switch_off(user_id=manager.user_id, actor=SYSTEM, now=noon)
    assert queries.known(secret, now=noon) is not None
