"""Programs that use the demonstration by themselves; nobody knows their tokens, as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.demo.world import OTHER_ROOM, ROOM
from shop.kernel.access import Scope
from shop.programs import queries as programs
from shop.programs import services as programming
from shop.programs.rules import ProgramScope
from shop.stations import queries as stations

if TYPE_CHECKING:
    from shop.demo.load import Story

PROGRAMS = (
    ("灯梁微信小程序", ROOM, "zhoumin", (ProgramScope.BUY,)),
    ("村里的快递登记", ROOM, "zhoumin", (ProgramScope.ORDERS_READ, ProgramScope.ORDERS_CONTACT)),
    ("茨竹的发货清单", OTHER_ROOM, "pengli", (ProgramScope.ORDERS_READ,)),
)
DAYS = 180


def tell(story: Story) -> None:
    """Take the programs in and make each a token."""
    for name, place, login, scopes in PROGRAMS:
        actor, at = story.people[login], story.ago(20)
        public_id = programming.enter(
            station_id=stations.station_by_code(place).id, name=name, actor=actor, now=at
        )
        programming.make_token(
            program_id=programs.program(public_id, scope=Scope(("/",))).id,
            scopes=scopes,
            days=DAYS,
            actor=actor,
            now=at,
        )
