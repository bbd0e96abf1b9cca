from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from shop.kernel import events
from shop.kernel.db import db, outside_transaction, transaction
from shop.kernel.telling import CodePurpose, send_code
from shop.notifications import gateway, post
from shop.notifications.gateway import Parcel
from shop.notifications.rules import Channel, Kind, Letter, Reach, Urgency

A_LETTER = Letter(
    kind=Kind.PAID,
    short="订单260714-TQ48S已付款¥88.00，最晚7月17日发出。",
    title="订单260714-TQ48S已付款",
    paragraphs=("谢谢您。款已收到，订单成立。",),
    rows=(("订单", "260714-TQ48S"),),
    path="/o/260714-TQ48S-ABCDEFGHJKMN",
    action="查看这笔订单",
    parts={"number": "260714-TQ48S", "total": "¥88.00", "day": "7月17日"},
)


@dataclass
class Wayward:
    """A sender that does what a test tells it: fails with what lies in ``fails``, then sends."""

    fails: list[Exception] = field(default_factory=list)
    took: list[Parcel] = field(default_factory=list)
    tried: int = 0
    will_carry: bool = True

    def carries(self, kind: Kind, *, locale: str, to: str) -> bool:
        del kind, locale, to
        return self.will_carry

    def send(self, parcel: Parcel) -> str:
        outside_transaction()
        self.tried += 1
        if self.fails:
            raise self.fails.pop(0)
        self.took.append(parcel)
        return "receipt"


@contextmanager
def senders(**found: Wayward) -> Iterator[None]:
    gateway.install({Channel(name): one for name, one in found.items()})
    yield
    gateway.install(gateway.consoles())


def a_message(
    *,
    now: datetime,
    key: str = "paid:1",
    reach: Reach | None = None,
    letter: Letter = A_LETTER,
    urgency: Urgency = Urgency.ORDINARY,
    expires_at: datetime | None = None,
    station_id: int | None = None,
    subject: str = "order:1",
    locale: str = "zh_Hans",
) -> bool:
    return post.write(
        letter,
        key=key,
        subject=subject,
        station_id=station_id,
        locale=locale,
        reach=reach or Reach(phone="138 0000 1111", name="刘女士"),
        urgency=urgency,
        expires_at=expires_at,
        now=now,
    )


def a_code(
    *, now: datetime, to: str = "138 0000 1111", code: str = "493817", key: str = "challenge:1"
) -> None:
    with transaction():
        send_code(
            purpose=CodePurpose.SIGN_IN,
            to=to,
            locale="zh_Hans",
            code=code,
            minutes=5,
            key=key,
            now=now,
        )


def everything_sent(now: datetime) -> None:
    while post.send_due(now=now):
        pass


def told(now: datetime, kind: Kind) -> list[str]:
    """Return what was said of a kind, all deliveries handed over and every message sent."""
    for _ in range(2):
        while events.deliver_due(now=now):
            pass
        everything_sent(now)
    db.session.rollback()
    return [
        one.parcel.letter.short
        for one in reversed(gateway.heard())
        if one.parcel.letter.kind is kind
    ]
