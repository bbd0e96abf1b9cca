"""The one act of supervision so far: opening a maker's page, with a reason she can read."""

from __future__ import annotations

from datetime import datetime

from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import transactional
from shop.kernel.errors import InvalidInput
from shop.oversight.events import PersonLookedAt
from shop.stations import queries as stations
from shop.stations.queries import MemberView

SHORTEST_REASON = 10
LONGEST_REASON = 200


class ReasonTooShort(InvalidInput):
    """Whoever opens a person's page says why, in words; the person can read them."""

    code = "oversight.reason_too_short"


@transactional
def look_at_person(
    *, member_public_id: str, reason: str, actor: Actor, now: datetime
) -> MemberView:
    """Return a maker's entry for the page about her, once the reason is written down for her.

    reason    10 to 200 characters; becomes an event that the maker sees on her own pages.

    Raises NotFound (also outside the reader's part of the tree), ReasonTooShort.
    Source: domain.md 2 (a person's page only after entering a reason, which the maker can see).
    """
    member = stations.member_by_public_id(
        member_public_id, scope=actor.scope(Permission.SEE_OVERSIGHT)
    )
    why = " ".join(reason.split())
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        raise ReasonTooShort(least=SHORTEST_REASON, most=LONGEST_REASON)
    events.record(
        PersonLookedAt(member_id=member.id, reason=why),
        actor=actor,
        station_id=member.station_id,
        now=now,
    )
    return member
