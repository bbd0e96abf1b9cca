"""On somebody else's telephone: a code and four pictures show her sums once, and leave nothing.

No sign-in is opened and no address says anything: every step is the answer to a form, which works
once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from shop.accounts import picture_pins
from shop.accounts.picture_pins import BeginAgain, WeakPictures, WrongPictures
from shop.accounts.rules import PICTURES, PICTURES_CHOSEN, QUIET_ON_OWN_PAGES, digits_of
from shop.accounts.services import Locked
from shop.earnings import asking
from shop.earnings import queries as earnings
from shop.kernel import links
from shop.kernel.access import Permission
from shop.kernel.errors import NotFound
from shop.stations import queries as stations
from shop.web.access import current_actor, now, public, requires
from shop.web.errors import words_of
from shop.web.limits import limiter
from shop.web.member.aloud import about_page
from shop.web.member.frame import blueprint, day_said, frame, me, while_open

_: Callable[..., str] = gettext  # Flask-Babel has no types
PURPOSE = "pictures"
REFUSALS = (WrongPictures, BeginAgain, Locked)
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a form has come: whose code, which pictures so far, when it was begun."""

    code: str
    chosen: tuple[int, ...]
    begun_at: datetime

    def sealed(self) -> str:
        """Return it so that whoever holds the telephone cannot read the pictures."""
        parts = [self.code, self.chosen, self.begun_at.isoformat()]
        return links.sealed(PURPOSE, json.dumps(parts))


def _steps() -> Steps | None:
    """Return how far the form that was sent has come; None where it has not begun."""
    try:
        code, chosen, begun = json.loads(links.opened(PURPOSE, request.form.get("steps", "")))
    except NotFound:
        return None
    picture = digits_of(request.form.get("picture", ""))
    more = (int(picture),) if picture and int(picture) < PICTURES else ()
    return Steps(code, (*chosen, *more)[:PICTURES_CHOSEN], datetime.fromisoformat(begun))


def _was_wrong(response: Response) -> bool:
    return response.status_code == UNPROCESSABLE


@blueprint.route("/borrowed", methods=["GET", "POST"])
@limiter.limit("30 per 15 minutes", methods=["POST"], deduct_when=_was_wrong)
@public
def borrowed() -> ResponseReturnValue:
    """Ask for the code, then for one picture after another; then show her sums, once."""
    steps = _steps() if request.method == "POST" else None
    if steps is None:
        code = digits_of(request.form.get("code", ""))
        if not code:
            return render_template("member/borrowed_code.html", refused="")
        steps = Steps(code, (), now())
    if len(steps.chosen) < PICTURES_CHOSEN:
        return _ask_picture(steps, "/member/borrowed", _("Touch your pictures, one after another"))
    try:
        member_id = picture_pins.open_with(
            code=steps.code, chosen=steps.chosen, begun_at=steps.begun_at, now=now()
        )
    except REFUSALS as refusal:
        page = render_template("member/borrowed_code.html", refused=words_of(refusal))
        return page, UNPROCESSABLE
    return _show_once(member_id)


def _ask_picture(steps: Steps, action: str, title: str) -> str:
    return render_template(
        "member/borrowed_pictures.html",
        title=title,
        action=action,
        steps=steps.sealed(),
        chosen=len(steps.chosen),
        of=PICTURES_CHOSEN,
        quiet_seconds=int(QUIET_ON_OWN_PAGES.total_seconds()),
    )


def _show_once(member_id: int) -> str:
    her = stations.member(member_id)
    pots = earnings.pots(member_id, now=now())
    small = asking.small_sum(member_id, now=now())
    slug = stations.workshop(her.workshop_id).slug
    return render_template(
        "member/borrowed_sums.html",
        pots=pots,
        aloud=about_page(slug, pots, is_asked=small.is_asked),
        quiet_seconds=int(QUIET_ON_OWN_PAGES.total_seconds()),
        day_said=day_said,
    )


@blueprint.route("/pictures", methods=["GET", "POST"])
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def own_pictures() -> ResponseReturnValue:
    """Let her choose four pictures, see them once more, and keep them with a code."""
    her = me()
    steps = _steps() if request.method == "POST" else None
    if request.form.get("act") == "end":
        picture_pins.end(member_id=her.id, actor=current_actor())
        flash(_("Taken away. The code opens nothing more."), "success")
        return redirect(url_for("member.own_pictures"))
    if steps is None and request.form.get("act") != "begin":
        return render_template(
            "member/pictures.html", code=picture_pins.code_of(her.id), chosen=(), **frame(her)
        )
    steps = steps or Steps("", (), now())
    if len(steps.chosen) < PICTURES_CHOSEN:
        return _ask_picture(steps, "/member/pictures", _("Choose four pictures"))
    if request.form.get("act") != "keep":
        return render_template(
            "member/pictures.html",
            code=None,
            chosen=steps.chosen,
            steps=steps.sealed(),
            **frame(her),
        )
    try:
        picture_pins.set_pictures(
            member_id=her.id, chosen=steps.chosen, actor=current_actor(), now=now()
        )
    except WeakPictures as refusal:
        flash(words_of(refusal), "error")
    return redirect(url_for("member.own_pictures"))
