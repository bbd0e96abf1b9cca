"""Funded projects with money, and attendance sheets that they pay."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

import sqlalchemy as sa

from shop.funds import services as funds
from shop.kernel.access import Actor
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.workflows import funding
from tests.builders.accounts import a_bookkeeper, a_social_worker
from tests.builders.earnings import AFTER_JULY

TRAINING = (date(2026, 7, 13), date(2026, 7, 14), date(2026, 7, 15))


def a_project(
    *,
    workshop_id: int,
    number: str = "P-03",
    title: str = "编织技能提升",
    fen: int = 200_000,
    day_fen: int = 5000,
    actor: Actor | None = None,
    now: datetime = AFTER_JULY,
) -> int:
    """Return a project for July that pays 50.00 a day, with 2,000.00 in hand."""
    actor = actor or a_social_worker()
    public_id = funds.open_project(
        workshop_id=workshop_id,
        number=number,
        title=title,
        title_en="Better weaving",
        funder="城口县民政局",
        day_rate=Money(day_fen),
        starts_on=date(2026, 7, 1),
        ends_on=date(2026, 7, 31),
        actor=actor,
        now=now,
    )
    project = db.session.scalar(
        sa.text("SELECT id FROM funded_projects WHERE public_id = :id"), {"id": public_id}
    )
    if fen:
        funding.receive(
            project_id=project,
            amount=Money(fen),
            paper="B-0701",
            received_on=date(2026, 7, 1),
            key=f"receipt-{public_id}",
            actor=actor,
            now=now,
        )
    return int(project)


def a_sheet(
    *,
    project_id: int,
    attended: Mapping[int, Collection[date]],
    paper: str = "Q-01",
    is_agreed: bool = True,
    actor: Actor | None = None,
    now: datetime = AFTER_JULY,
) -> int:
    """Return an attendance sheet that a second person agreed to."""
    sheet = funds.propose_sheet(
        project_id=project_id,
        paper=paper,
        attended=attended,
        key=f"sheet-{project_id}-{paper}",
        actor=actor or a_social_worker(),
        now=now,
    )
    if is_agreed:
        funding.agree(sheet_id=sheet, actor=a_bookkeeper(), now=now)
    return sheet
