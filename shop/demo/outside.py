"""Programs that use the demonstration by themselves; nobody knows their tokens, as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.demo.world import OTHER_ROOM, ROOM
from shop.kernel.access import Scope
from shop.programs import hooks
from shop.programs import queries as programs
from shop.programs import services as programming
from shop.programs.rules import HookKind, ProgramScope
from shop.stations import queries as stations

if TYPE_CHECKING:
    from shop.demo.load import Story

PROGRAMS = (
    ("灯梁微信小程序", ROOM, "zhoumin", (ProgramScope.BUY,)),
    ("村里的快递登记", ROOM, "zhoumin", (ProgramScope.ORDERS_READ, ProgramScope.ORDERS_CONTACT)),
    ("茨竹的发货清单", OTHER_ROOM, "pengli", (ProgramScope.ORDERS_READ,)),
)
DAYS = 180
URL = "https://parcels.example.cn/dengliang"
KINDS = (HookKind.ORDER_PAID, HookKind.PART_SHIPPED, HookKind.PART_RECEIVED)


def tell(story: Story) -> None:
    """Take the programs in and make each a token; one of them is told of parcels, but rests."""
    for name, place, login, scopes in PROGRAMS:
        actor, at = story.people[login], story.ago(20)
        name_of_program = programming.enter(
            station_id=stations.station_by_code(place).id, name=name, actor=actor, now=at
        )
        program_id = programs.program(name_of_program, scope=Scope(("/",))).id
        programming.make_token(program_id=program_id, scopes=scopes, days=DAYS, actor=actor, now=at)
        if ProgramScope.ORDERS_READ in scopes:
            hook = hooks.open_hook(program_id=program_id, url=URL, kinds=KINDS, actor=actor, now=at)
            # Nobody answers at that name: it would only fill the log with what was given up.
            hooks.rest(program_id=program_id, public_id=hook.public_id, actor=actor, now=at)
