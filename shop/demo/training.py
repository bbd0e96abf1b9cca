"""A funded training: whose money it is, and the sheet that says who came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shop.funds import queries as known
from shop.funds import services as funds
from shop.kernel.access import Scope
from shop.kernel.clock import business_day
from shop.kernel.money import Money
from shop.workflows import funding

if TYPE_CHECKING:
    from shop.demo.load import Story


def train(story: Story, *, at: datetime) -> None:
    """Open the project of E8 with its money; a sheet of three days waits for its second person."""
    today = business_day(at)
    days = [today - timedelta(days=ago) for ago in (6, 5, 4)]
    writer = story.people["zhoumin"]
    public_id = funds.open_project(
        workshop_id=story.workshops["dengliang"],
        number="P-03",
        title="编织技能提升培训",
        title_en="Better weaving, a training",
        funder="城口县民政局",
        day_rate=Money(5000),
        starts_on=today - timedelta(days=30),
        ends_on=today + timedelta(days=180),
        actor=writer,
        now=at,
    )
    project = known.project(public_id, scope=Scope(("/",)))
    funding.receive(
        project_id=project.id,
        amount=Money(300_000),
        paper="B-0031",
        received_on=today - timedelta(days=20),
        key="demo-received",
        actor=writer,
        now=at,
    )
    funds.propose_sheet(
        project_id=project.id,
        paper="Q-0007",
        attended={
            story.members["dengliang", "M-001"]: days,
            story.members["dengliang", "M-004"]: days[1:],
        },
        key="demo-sheet",
        actor=writer,
        now=at,
    )
