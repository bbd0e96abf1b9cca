"""How pages call what a buyer brings forward: its kinds, its states, and its steps."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from shop.claims.queries import ClaimView
from shop.claims.rules import ClaimKind, ClaimState
from shop.kernel.i18n import instant_text
from shop.web.filters import locale_name

KINDS = {
    ClaimKind.RETURN: _l("Sent back without a reason"),
    ClaimKind.DAMAGED: _l("Damaged on the way"),
    ClaimKind.FAULTY: _l("Faulty"),
    ClaimKind.MISSING: _l("Pieces are missing"),
    ClaimKind.WRONG: _l("Not what was ordered"),
}
# Each with the kind of its badge.
STATES = {
    ClaimState.ASKED: (_l("Brought forward"), "waiting"),
    ClaimState.SENT: (_l("On its way back"), "info"),
    ClaimState.ARRIVED: (_l("The goods are here, being looked at"), "waiting"),
    ClaimState.REFUNDED: (_l("The money goes back"), "sure"),
    ClaimState.REPLACED: (_l("Sent anew"), "sure"),
    ClaimState.REFUSED: (_l("The workshop said no"), "danger"),
    ClaimState.RAISED: (_l("Another person looks"), "waiting"),
    ClaimState.UPHELD: (_l("The station said no"), "danger"),
    ClaimState.AT_TOWN: (_l("The town looks"), "waiting"),
    ClaimState.DIRECTED: (_l("The town says the buyer is right"), "info"),
    ClaimState.ENDED: (_l("The town says the workshop is right"), "neutral"),
    ClaimState.WITHDRAWN: (_l("Withdrawn"), "neutral"),
}
_STOPPED = frozenset(
    {ClaimState.REFUSED, ClaimState.UPHELD, ClaimState.ENDED, ClaimState.WITHDRAWN}
)


def steps_of(found: ClaimView, names: Mapping[int, str]) -> list[tuple[str, str, str, str]]:
    """Return the steps of a claim as the timeline shows them; ``names`` of whom is to be named."""
    return [
        (
            instant_text(step.at, locale=locale_name()),
            str(STATES[step.state][0]),
            " · ".join(filter(None, (step.words, names.get(step.by_id or 0, "")))),
            "stopped" if step.state in _STOPPED else "done",
        )
        for step in found.steps
    ]
