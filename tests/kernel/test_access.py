from __future__ import annotations

import pytest

from shop.kernel.access import SYSTEM, VISITOR, Actor, Permission, Reach, Scope
from shop.kernel.errors import Forbidden, NotFound, OutOfReach

ROOM = "/1/14/203/"


def a_worker(*permissions: Permission, path: str = ROOM) -> Actor:
    return Actor(user_id=1, reaches=(Reach("social_worker", path, frozenset(permissions)),))


def test_a_grant_reaches_everything_below_its_station():
    town = a_worker(Permission.INSPECT, path="/1/14/")
    town.require(Permission.INSPECT, at=ROOM)
    assert town.scope(Permission.INSPECT).covers("/1/14/9/")
    assert not town.scope(Permission.INSPECT).covers("/1/15/")


def test_a_neighbour_with_a_longer_number_is_not_below():
    assert not a_worker(Permission.INSPECT, path="/1/14/").may(Permission.INSPECT, at="/1/141/2/")


def test_out_of_reach_looks_like_not_there_and_within_reach_is_forbidden():
    worker = a_worker(Permission.GIVE_WORK)
    with pytest.raises(Forbidden):
        worker.require(Permission.INSPECT, at=ROOM)
    with pytest.raises(OutOfReach) as refusal:
        worker.require(Permission.GIVE_WORK, at="/1/14/204/")
    assert refusal.value.code == NotFound.code
    assert refusal.value.status == 404


def test_an_empty_scope_sees_nothing():
    assert not Scope().covers("/")
    assert VISITOR.scope(Permission.SEE_DESK) == Scope()


def test_the_system_reaches_the_whole_tree():
    SYSTEM.require(Permission.IMPORT, at=ROOM)
    assert SYSTEM.scope(Permission.IMPORT).covers(ROOM)
