"""A little tree, workshops and makers, each sensible alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count

import sqlalchemy as sa

from shop.kernel.access import SYSTEM
from shop.kernel.db import db, transaction
from shop.stations import rules
from shop.stations import services as stations
from shop.stations.models import Station, Workshop
from shop.stations.rules import ConsentPurpose, Tier

BEGINNING = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
DENGLIANG = "500229212202"
CIZHU = "500229107207"
NAMES = {
    "500229": ("城口县", "Chengkou County"),
    "500229212": ("鸡鸣乡", "Jiming Township"),
    "500229107": ("高观镇", "Gaoguan Town"),
    DENGLIANG: ("灯梁村村民委员会", "Dengliang Village"),
    CIZHU: ("茨竹村村民委员会", "Cizhu Village"),
}
TIERS = {6: (Tier.COUNTY, 0), 9: (Tier.TOWN, 6), 12: (Tier.ROOM, 9)}

_serial = count(1)


def a_station(code: str = DENGLIANG) -> int:
    """Return the id of the place with this code, made with all that lies above it."""
    found = db.session.scalar(sa.select(Station.id).where(Station.code == code))
    if found is not None:
        return found
    tier, parent_digits = TIERS[len(code)]
    parent_code = code[:parent_digits]
    parent_id = a_station(parent_code) if parent_code else None
    parent_path = "/"
    if parent_id is not None:
        parent_path = db.session.scalars(
            sa.select(Station.path).where(Station.id == parent_id)
        ).one()
    name, name_en = NAMES.get(code, (f"{code}村村民委员会", f"Village {code}"))
    with transaction() as session:
        return session.execute(
            sa.insert(Station).returning(Station.id),
            {
                "code": code,
                "tier": tier,
                "name": name,
                "short_name": rules.short_name(name),
                "name_en": name_en,
                "parent_id": parent_id,
                "path": rules.path_below(parent_path, parent_code, code),
                "opened_on": date(2026, 1, 1),
            },
        ).scalar_one()


def a_room(code: str = DENGLIANG) -> int:
    return a_station(code)


def a_town(code: str = "500229212") -> int:
    return a_station(code)


def a_county(code: str = "500229") -> int:
    return a_station(code)


def a_workshop(
    *,
    slug: str = "dengliang",
    station_id: int | None = None,
    name: str = "灯梁编织坊",
    name_en: str = "Dengliang Weavers",
    is_pick_up_point: bool = True,
    weekly_capacity_minutes: int = 2400,
) -> int:
    """Return the id of the workshop with this slug, made when it is not there."""
    found = db.session.scalar(sa.select(Workshop.id).where(Workshop.slug == slug))
    if found is not None:
        return found
    return stations.add_workshop(
        station_id=a_room() if station_id is None else station_id,
        slug=slug,
        name=name,
        name_en=name_en,
        seller_name="城口县灯梁手工专业合作社",
        craft="sandal",
        phone="023-59000001",
        is_pick_up_point=is_pick_up_point,
        weekly_capacity_minutes=weekly_capacity_minutes,
        actor=SYSTEM,
        now=BEGINNING,
    )


def a_member(
    *,
    workshop_id: int | None = None,
    name: str = "王秀兰",
    name_en: str | None = "Wang Xiulan",
    phone: str | None = None,
    story: str | None = "编凉鞋第六年。",
    consents: tuple[ConsentPurpose, ...] = (),
) -> int:
    """Return the id of a new maker; she allows nothing unless said."""
    member_id = stations.add_member(
        workshop_id=a_workshop() if workshop_id is None else workshop_id,
        name=name,
        name_en=name_en,
        phone=phone,
        story=story,
        actor=SYSTEM,
        now=BEGINNING,
    )
    for purpose in consents:
        stations.give_consent(
            member_id=member_id, purpose=purpose, explained_by=None, actor=SYSTEM, now=BEGINNING
        )
    return member_id


def a_phone() -> str:
    """Return a mainland number that no other call returns."""
    return f"139837{next(_serial):05d}"
