"""The picker of an address: province, city, county, town, one list after the other.

Each list is a box of the same name, so that a page without script asks step by step: what is
chosen says which list comes next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import Field

from shop.kernel import divisions
from shop.kernel.divisions import OUTSIDE
from shop.kernel.i18n import romanized
from shop.web.filters import locale_name

# At any list below the provinces: the place is not in it and is written freely.
NOT_LISTED = "-"
MOST_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Level:
    """One list of the picker: its name, what can be chosen and what is."""

    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


def _picked(chain: Sequence[str]) -> tuple[str, bool]:
    """Return how far boxes name a place, and whether the next one says that it is not listed."""
    code = ""
    for chosen in chain[:MOST_LEVELS]:
        options = divisions.below(code) if code else divisions.provinces()
        if chosen == NOT_LISTED and code and options:
            return code, True
        if chosen in {place.code for place in options} or (chosen == OUTSIDE and not code):
            code = chosen
        else:
            break
    return code, False


class PlaceField(Field):
    """The place of an address; ``code`` is how far it was said, empty for nothing.

    A box that belongs to another province than the one chosen now is forgotten.
    """

    code: str = ""
    is_not_listed: bool = False

    def process_data(self, value: str | None) -> None:
        """Show a place by its code."""
        steps = [place.code for place in divisions.steps(value or "")]
        self.code, self.is_not_listed = _picked([OUTSIDE] if value == OUTSIDE else steps)
        self.data = self.code

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read the boxes from the province down."""
        self.code, self.is_not_listed = _picked(valuelist)
        self.data = self.code

    @property
    def is_outside(self) -> bool:
        """Say whether the address lies outside the mainland and is written freely."""
        return self.code == OUTSIDE

    @property
    def is_free(self) -> bool:
        """Say whether the buyer writes province and place herself."""
        return self.is_outside or self.is_not_listed

    @property
    def is_whole(self) -> bool:
        """Say whether it reaches far enough down for a parcel: to the county."""
        return self.is_free or divisions.is_whole(self.code)

    @property
    def names(self) -> str:
        """Return the names of what was chosen, from the province down."""
        return " ".join(place.name for place in divisions.steps(self.code))

    @property
    def levels(self) -> list[Level]:
        """Return the lists that are to be shown: those chosen from, and the next one."""
        steps = () if self.is_outside else divisions.steps(self.code)
        first = [(place.code, _said(place)) for place in divisions.provinces()]
        first.append((OUTSIDE, str(_("Hong Kong, Macao, Taiwan, or abroad"))))
        levels = [self._level(first, steps[0].code if steps else self.code)]
        chosen_below = [place.code for place in steps[1:]] + [""]
        for place, after in zip(steps, chosen_below, strict=False):
            below = [(one.code, _said(one)) for one in divisions.below(place.code)]
            if below:
                last = NOT_LISTED if self.is_not_listed and not after else after
                levels.append(self._level([*below, (NOT_LISTED, str(_("not in this list")))], last))
        return levels

    @staticmethod
    def _level(options: list[tuple[str, str]], chosen: str) -> Level:
        digits = len(options[0][0])
        label = {
            2: _("Province"),
            4: _("City"),
            6: _("District or county"),
            9: _("Town or street"),
        }[digits]
        return Level(str(label), (("", str(_("Please choose"))), *options), chosen)

    def _value(self) -> str:
        return self.code


def _said(place: divisions.Place) -> str:
    return f"{place.name} {romanized(place.name)}" if locale_name() == "en" else place.name


def place_sent(form: MultiDict[str, str]) -> str | None:
    """Return the code of the place that a form of ours brings, None when it says nothing of one.

    Empty when words were written that name no province.
    """
    code, _is_not_listed = _picked(form.getlist("place"))
    region = form.get("region", "").strip()
    return code or (divisions.province_in(region) if region else None)
