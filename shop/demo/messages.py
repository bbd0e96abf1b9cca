"""What the house of the demonstration told its people: sent, waiting, in vain, and in person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_babel import force_locale
from structlog.testing import capture_logs

from shop.earnings.rules import next_pay_day
from shop.kernel import events
from shop.kernel.access import Scope
from shop.kernel.clock import business_day, start_of_day
from shop.kernel.i18n import CHINESE
from shop.notifications import desk, gateway, post, words
from shop.notifications.desk import Tray
from shop.notifications.gateway import NotDeliverable, Parcel
from shop.notifications.rules import Channel, Kind, Reach, is_night
from shop.orders import queries as orders
from shop.orders.rules import FulfillmentState
from shop.stations import queries as stations

if TYPE_CHECKING:
    from shop.demo.load import Story

AT_ONCE = 200
LONGEST_NIGHT = timedelta(hours=11)
WITH_PHONE = "M-003"
EVENING = timedelta(hours=22)
# What the provider says of two buyers' numbers.
WHY = ("SMS isv.MOBILE_NUMBER_ILLEGAL", "SMS isv.BLACK_KEY_CONTROL_LIMIT")


class Pretended:
    """A sender of the demonstration's past: it says of some numbers what a provider would."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        """Take the numbers that get nothing, each with the provider's word for why."""
        self.wrong = wrong

    def carries(self, kind: Kind, *, locale: str, to: str) -> bool:
        """Say yes: it takes whatever comes."""
        del kind, locale, to
        return True

    def send(self, parcel: Parcel) -> str:
        """Take a message, or refuse it as a provider would."""
        if parcel.to in self.wrong:
            raise NotDeliverable(self.wrong[parcel.to])
        return "demo"


def tell(story: Story) -> None:
    """Tell the past, so that nothing of it goes out now, and leave some for the desk to do."""
    wrong = _wrong_numbers(story)
    senders = {one: gateway.sender(one) for one in (Channel.SMS, Channel.EMAIL)}
    gateway.install({one: Pretended(wrong) for one in senders})
    # What happened at night was told the day before.
    at = story.now - LONGEST_NIGHT if is_night(story.now) else story.now
    try:
        with capture_logs():  # what was pretended to fail is no news to whoever starts this
            while events.deliver_due(now=at, most=AT_ONCE):
                pass
            while post.send_due(now=at, most=AT_ONCE):
                pass
    finally:
        gateway.install({one: sender for one, sender in senders.items() if sender is not None})
    _write_notices(story, at)
    _see_to_some(story, at)


def _wrong_numbers(story: Story) -> dict[str, str]:
    """Return two buyers' numbers: one mistyped, one of somebody who has blocked text messages."""
    scope = _scope(story)
    rows = orders.order_parts(scope, states=tuple(FulfillmentState), most=AT_ONCE)
    phones = dict.fromkeys(row.contact.phone for row in rows if row.contact is not None)
    return dict(zip(phones, WHY, strict=False))


def _scope(story: Story) -> Scope:
    return Scope((stations.path_of(stations.workshop(story.workshops["dengliang"]).station_id),))


def _write_notices(story: Story, at: datetime) -> None:
    """Say to makers without a telephone that slips are ready; one message waits for morning."""
    pay_on = next_pay_day(business_day(story.now))
    with force_locale(CHINESE):
        letter = words.pay_ready(pay_on)
    for (_, code), member_id in sorted(story.members.items()):
        member = stations.member(member_id)
        if not member.phone:
            post.write(
                letter,
                key=f"demo-slip:{code}:{member_id}",
                subject=f"member:{member_id}",
                station_id=member.station_id,
                locale=CHINESE,
                reach=Reach(name=member.name),
                now=at,
            )
    evening = start_of_day(business_day(story.now)) + EVENING
    if story.now > evening - timedelta(hours=1):
        evening += timedelta(days=1)
    post.write(
        letter,
        key="demo-slip:waits",
        subject=f"member:{story.members['dengliang', WITH_PHONE]}",
        station_id=stations.workshop(story.workshops["dengliang"]).station_id,
        locale=CHINESE,
        reach=Reach(phone="13800000030", name="李桂芳"),
        now=evening,
    )


def _see_to_some(story: Story, at: datetime) -> None:
    """Let the social worker tick one off and give one up, so that the log knows both."""
    actor = story.people["zhoumin"]
    scope = _scope(story)
    dead = desk.tray(scope, Tray.DEAD).items
    desk.give_up(sending_id=dead[0].id, reason="打过电话，她早就收到货了", actor=actor, now=at)
    desk.leave_to_person(sending_id=dead[1].id, actor=actor, now=at)
    for notice in desk.tray(scope, Tray.TO_TELL).items:
        if notice.subject == dead[1].subject:
            desk.tell(sending_id=notice.id, actor=actor, now=at)
