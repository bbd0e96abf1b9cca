from __future__ import annotations

import pytest

from shop.accounts.rules import Role
from shop.kernel import events
from shop.kernel.errors import NotFound
from shop.oversight.services import ReasonTooShort, look_at_person
from shop.stations import queries as stations
from tests.builders.accounts import a_social_worker, an_actor
from tests.builders.stations import CIZHU, a_member, a_station, a_town


def test_a_person_is_shown_once_the_reason_is_written_down(app, noon):
    member = stations.member(a_member())
    officer = an_actor(Role.COUNTY_OFFICER)

    shown = look_at_person(
        member_public_id=member.public_id,
        reason="  她打电话来\n问七月的工资 ",
        actor=officer,
        now=noon,
    )

    assert shown == member
    (line,) = events.history(f"member:{member.id}")[-1:]
    assert line.kind == "PersonLookedAt"
    assert line.facts["reason"] == "她打电话来 问七月的工资"
    assert (line.actor_id, line.happened_at) == (officer.user_id, noon)


@pytest.mark.parametrize("reason", ["", "   ", "too short", "x" * 201])
def test_without_a_reason_in_words_nobody_is_shown(app, noon, reason):
    member = stations.member(a_member())
    before = events.history(f"member:{member.id}")

    with pytest.raises(ReasonTooShort):
        look_at_person(
            member_public_id=member.public_id,
            reason=reason,
            actor=an_actor(Role.COUNTY_OFFICER),
            now=noon,
        )

    assert events.history(f"member:{member.id}") == before


def test_a_person_of_another_town_is_not_there_for_a_town_supervisor(app, noon):
    a_station(CIZHU)
    member = stations.member(a_member())
    stranger = an_actor(Role.TOWN_SUPERVISOR, at=a_town("500229107"))

    with pytest.raises(NotFound):
        look_at_person(
            member_public_id=member.public_id, reason="good reason", actor=stranger, now=noon
        )


def test_whoever_does_not_supervise_sees_nobody_this_way(app, noon):
    member = stations.member(a_member())

    with pytest.raises(NotFound):
        look_at_person(
            member_public_id=member.public_id,
            reason="good reason",
            actor=a_social_worker(),
            now=noon,
        )
