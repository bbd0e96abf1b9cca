"""Fields of forms that staff fill in: whole numbers, sums of money, ways to say them wrongly."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, StringField, TextAreaField

from shop.kernel.money import Money

NEEDED = _l("This is needed.")
_SUM = re.compile(r"(?P<yuan>\d{1,8})(?:\.(?P<fen>\d{1,2}))?")
_AROUND_A_SUM = str.maketrans("", "", " ,¥元")


def plain(text: str | None) -> str:
    """Return what was typed in one writing: no blanks around it, full-width digits made plain."""
    return unicodedata.normalize("NFKC", text or "").strip()


class TextField(StringField):
    """A line of text, kept without blanks around it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was typed."""
        self.data = (valuelist[0] if valuelist else "").strip()

    @property
    def text(self) -> str:
        """Return what was typed; nothing for an empty box."""
        return self.data or ""


class ParagraphField(TextField, TextAreaField):
    """A few lines of text, kept without blanks around them."""


class HiddenTextField(TextField, HiddenField):
    """Text that the page itself put into the form."""


class CountField(IntegerField):
    """A whole number; what is none is answered in the reader's language and kept as typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; an empty box counts as nothing said."""
        self.data = None
        typed = plain(valuelist[0]) if valuelist else ""
        if not typed:
            return
        if not re.fullmatch(r"-?[0-9]{1,9}", typed):
            raise ValueError(_l("Write a whole number."))
        self.data = int(typed)

    @property
    def count(self) -> int:
        """Return the number; zero for an empty box."""
        return self.data or 0


class MoneyField(StringField):
    """A sum in yuan such as ``88`` or ``46.20``; ``money`` is what it means, None while empty."""

    money: Money | None = None

    def process_data(self, value: Money | None) -> None:
        """Show a sum as it is typed."""
        self.money = value
        self.data = None if value is None else value.figures

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a sum; currency signs, blanks and commas between thousands do not matter."""
        self.money = None
        self.data = valuelist[0] if valuelist else ""
        typed = plain(self.data).translate(_AROUND_A_SUM)
        if not typed:
            return
        found = _SUM.fullmatch(typed)
        if found is None:
            raise ValueError(_l("Write a sum in yuan such as 88 or 46.20."))
        self.money = Money(int(found["yuan"]) * 100 + int((found["fen"] or "0").ljust(2, "0")))

    @property
    def sum(self) -> Money:
        """Return the sum; nothing for an empty box."""
        return self.money or Money(0)


def problems_of(form: FlaskForm) -> list[tuple[str, str]]:
    """Return what is wrong in a form: (id of the field or nothing, sentence), fields first."""
    fields = [(field.id, str(problem)) for field in form for problem in _flat(field.errors)]
    return fields + [("", str(problem)) for problem in form.form_errors]


def _flat(errors: Any) -> list[object]:
    if isinstance(errors, dict):
        errors = list(errors.values())
    if isinstance(errors, list | tuple):
        return [one for inner in errors for one in _flat(inner)]
    return [errors]
