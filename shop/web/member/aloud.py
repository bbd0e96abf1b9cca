"""The same read aloud: one sound for the first page, one for each amount, out of recorded clips."""

from __future__ import annotations

import io
from dataclasses import dataclass

from flask import send_file
from flask.typing import ResponseReturnValue

from shop.earnings import asking, spoken
from shop.earnings import queries as earnings
from shop.kernel import voice
from shop.kernel.access import Permission
from shop.kernel.errors import NotFound
from shop.stations import queries as stations
from shop.web.access import now, requires
from shop.web.member.frame import blueprint, my_id, today, while_open


@dataclass(frozen=True, slots=True)
class Aloud:
    """What is said of her first page, in characters, and by whom, if anybody can say it."""

    text: str
    has_voice: bool
    is_synthetic: bool


def about_page(member_slug: str, pots: earnings.Pots, *, is_asked: bool) -> Aloud:
    """Return what is said of the first page; ``member_slug`` names her workshop's own voice."""
    speaker = voice.voice_for(member_slug)
    text = spoken.text_of(spoken.page_said(pots, is_asked=is_asked, today=today()))
    return Aloud(text, speaker is not None, speaker is not None and speaker.is_synthetic)


@blueprint.get("/aloud")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def page_aloud() -> ResponseReturnValue:
    """Say the three pots and their days."""
    member_id = my_id()
    pots = earnings.pots(member_id, now=now())
    small = asking.small_sum(member_id, now=now())
    return _sound(spoken.page_said(pots, is_asked=small.is_asked, today=today()))


@blueprint.get("/aloud/<string:name>")
@requires(Permission.SEE_OWN_EARNINGS)
@while_open
def line_aloud(name: str) -> ResponseReturnValue:
    """Say the sentence behind one amount of hers."""
    line = earnings.line(my_id(), name, now=now())
    return _sound(spoken.line_said(line, today=today()))


def _sound(clips: list[str]) -> ResponseReturnValue:
    workshop = stations.workshop(stations.member(my_id()).workshop_id)
    speaker = voice.voice_for(workshop.slug)
    sound = None if speaker is None else speaker.sound(clips)
    if sound is None:
        raise NotFound(what="a voice")
    # In parts where a telephone asks for parts, as some do before they play anything.
    answer = send_file(io.BytesIO(sound), mimetype="audio/wav", conditional=True, etag=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer
