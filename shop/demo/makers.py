"""What waits for a maker of the demonstration: work to answer, and work noted in her name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shop.earnings import asking, payees
from shop.kernel.clock import business_day
from shop.production import coming
from shop.production import services as production

if TYPE_CHECKING:
    from shop.demo.load import Story

# Piece, how many, days until it is wanted, and whether the room noted that she takes it.
WORK = (("S-01-38", 12, 14, False), ("P-01-INDIGO", 8, 9, True))

# Invented numbers; to the first pay is sent, the second waits for a colleague to type it again.
ACCOUNTS = (
    ("M-001", "王秀兰", "6228480402564890018", True),
    ("M-004", "刘小琴", "6228480402564890026", False),
)


def tell(story: Story) -> None:
    """Offer Wang Xiulan work; one she has to answer, of the other she told Zhou Min.

    Chen Mingzhen, who has no telephone, asks at the table for her small sum; Liu Xiaoqin says when
    she comes.
    """
    helper = story.people["zhoumin"]
    for sku, quantity, days, is_noted in WORK:
        at = story.ago(2)
        work = production.offer(
            member_id=story.members["dengliang", "M-001"],
            variant_id=story.variants[sku],
            quantity=quantity,
            due_on=business_day(story.now + timedelta(days=days)),
            key=f"demo:offer:{sku}",
            actor=helper,
            now=at,
        )
        if is_noted:
            production.accept(work_order_id=work, actor=helper, on_behalf=True, now=at)
    asking.ask(member_id=story.members["dengliang", "M-002"], actor=helper, now=story.ago(1))
    halves = coming.open_halves(story.now, holidays=(), seasons=())
    coming.say(
        member_id=story.members["dengliang", "M-004"],
        on_day=halves[0][0],
        half=halves[0][1],
        halves=halves,
        actor=helper,
        now=story.ago(0),
    )
    for code, holder, number, stands in ACCOUNTS:
        at = story.now - timedelta(hours=2)
        payee = payees.propose(
            member_id=story.members["dengliang", code],
            holder=holder,
            bank="农业银行城口支行",
            number=number,
            relation="",
            witness_id=None,
            key=f"demo:account:{code}",
            actor=helper,
            now=at,
        )
        if stands:
            payees.agree(payee_id=payee, number=number, actor=story.people["xiaohong"], now=at)
