"""What staff fill in around the making: work given out, pieces taken in, what was found."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import (
    AnyOf,
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)

from shop.kernel.ids import secret_token
from shop.production.appeals import LONGEST_WORDS
from shop.production.rules import (
    FAULT_WORDS,
    MOST_MATERIAL,
    MOST_PIECES,
    MOST_SLIPS,
    Fault,
    Paper,
    Raised,
    Verdict,
    paper_number,
)
from shop.web.fields import NEEDED, CountField, HiddenTextField, ParagraphField, TextField
from shop.workflows.making import Material

ALL_GOOD = "good"
SOME_NOT = "some"
LATER = "later"


class WorkForm(FlaskForm):
    """Work offered to one member."""

    key = HiddenTextField(default=secret_token, validators=[Length(max=64)])
    variant = SelectField(_l("What"), validators=[DataRequired(_l("Choose what she makes."))])
    quantity = CountField(
        _l("How many pieces"),
        default=10,
        validators=[
            InputRequired(_l("Say how many.")),
            NumberRange(1, MOST_PIECES, _l("Between 1 and 10,000 pieces.")),
        ],
    )
    due_on = DateField(_l("Wanted by"), validators=[Optional()])


class NewWorkForm(WorkForm):
    """Work for a member who stands at the table, with the material she takes home."""

    she_takes_it = BooleanField(_l("She takes it"), default=True)
    material = TextField(_l("Material"), validators=[Length(max=80)])
    amount = CountField(
        _l("How much"),
        validators=[Optional(), NumberRange(1, MOST_MATERIAL, _l("A whole number, one or more."))],
    )
    unit = TextField(_l("Unit"), default="g", validators=[Length(max=16)])

    def validate_amount(self, field: CountField) -> None:
        """Ask how much of a material there is, and for whom it is."""
        if self.material.text and not (field.data and self.unit.text):
            raise ValidationError(_l("Say how much of it, and the unit."))
        if self.material.text and not self.she_takes_it.data:
            raise ValidationError(_l("Material goes with work that she takes."))

    def handed_out(self) -> Material | None:
        """Return the material that goes home with her, if any does."""
        if not self.material.text:
            return None
        return Material(self.material.text, self.amount.count, self.unit.text)


class MaterialForm(FlaskForm):
    """Material handed out for one work order."""

    key = HiddenTextField(default=secret_token, validators=[Length(max=64)])
    material = TextField(_l("Material"), validators=[DataRequired(NEEDED), Length(max=80)])
    quantity = CountField(
        _l("How much"),
        validators=[
            InputRequired(NEEDED),
            NumberRange(1, MOST_MATERIAL, _l("A whole number, one or more.")),
        ],
    )
    unit = TextField(
        _l("Unit"),
        default="g",
        validators=[DataRequired(NEEDED), Length(max=16)],
    )


def _found(label: str) -> CountField:
    return CountField(
        label,
        default=0,
        validators=[Optional(), NumberRange(0, MOST_PIECES, _l("Zero or more."))],
    )


class VerdictForm(FlaskForm):
    """What was found in pieces; whatever is not named as flawed has passed."""

    looked = RadioField(
        _l("What did you find?"),
        choices=lambda: [(ALL_GOOD, _l("All of it is good")), (SOME_NOT, _l("Some of it is not"))],
        validators=[InputRequired(_l("Say what you found."))],
    )
    second_grade = _found(_l("Second grade"))
    rework = _found(_l("Rework"))
    rejected = _found(_l("Rejected"))
    faults = SelectMultipleField(
        _l("What is wrong?"),
        choices=lambda: [(fault.value, _l(FAULT_WORDS[fault])) for fault in Fault],
    )
    reason = TextField(_l("In words"), validators=[Length(max=200)])
    files = MultipleFileField(_l("Photograph of the fault"))

    def validate_looked(self, _field: RadioField) -> None:
        """Ask how many are not good, and why, by picture or in words."""
        if not self._some_are_flawed:
            return
        if not self.second_grade.count + self.rework.count + self.rejected.count:
            raise ValidationError(_l("Say how many of them are not good."))
        if not (self.faults.data or self.reason.text):
            raise ValidationError(_l("Touch what is wrong, or write it: she reads it."))

    @property
    def _some_are_flawed(self) -> bool:
        return bool(self.looked.data == SOME_NOT)

    def verdict(self, pieces: int) -> Verdict | None:
        """Return what was found in so many pieces; None where nobody has looked yet."""
        if self.looked.data == ALL_GOOD:
            return Verdict(passed=pieces)
        if not self._some_are_flawed:
            return None
        flawed = self.second_grade.count + self.rework.count + self.rejected.count
        return Verdict(
            passed=pieces - flawed,
            second_grade=self.second_grade.count,
            rework=self.rework.count,
            rejected=self.rejected.count,
            reason=self.reason.text,
            faults=tuple(Fault(one) for one in self.faults.data or ()),
        )


class HandInForm(VerdictForm):
    """Pieces that a member brings for one of her work orders, and what was found at once.

    ``turn`` says how many slips the work had when the page was made: the same page sent twice,
    today or after a lost answer, means the same slip.
    """

    work = HiddenTextField()
    turn = CountField(validators=[InputRequired(), NumberRange(min=0)])
    pieces = CountField(
        _l("Pieces she puts on the table"),
        validators=[
            InputRequired(_l("Say how many.")),
            NumberRange(1, MOST_PIECES, _l("Between 1 and 10,000 pieces.")),
        ],
    )
    looked = RadioField(
        _l("Do you look at them now?"),
        choices=lambda: [
            (ALL_GOOD, _l("All of it is good")),
            (SOME_NOT, _l("Some of it is not")),
            (LATER, _l("Somebody looks later, within three days")),
        ],
        validators=[
            InputRequired(_l("Say what you found, or that somebody looks later.")),
            AnyOf((ALL_GOOD, SOME_NOT, LATER)),
        ],
    )
    paper = TextField(_l("Number printed on the slip"), validators=[Length(max=20)])
    paper_on = DateField(_l("Day on the slip"), validators=[Optional()])

    def validate_paper(self, field: TextField) -> None:
        """Read the printed number."""
        if field.text and paper_number(field.text) is None:
            raise ValidationError(_l("Type the number as it is printed, such as P-00041."))

    def on_paper(self, today: date) -> Paper | None:
        """Return the slip that was written by hand, if there is one."""
        number = paper_number(self.paper.text) if self.paper.text else None
        return None if number is None else Paper(number, self.paper_on.data or today)


class AppealForm(FlaskForm):
    """What a maker says against a verdict, noted for her."""

    words = ParagraphField(_l("What she says"), validators=[Length(max=LONGEST_WORDS)])


class SecondLookForm(FlaskForm):
    """What another pair of eyes found: pieces in a better grade, or the verdict kept and why."""

    second_to_passed = _found(_l("Second grade that has passed"))
    rejected_to_passed = _found(_l("Rejected that has passed"))
    rejected_to_second = _found(_l("Rejected that is second grade"))
    answer = ParagraphField(_l("What she reads"), validators=[Length(max=LONGEST_WORDS)])

    @property
    def raised(self) -> Raised | None:
        """Return the pieces that rise; None where the verdict is kept."""
        found = Raised(
            second_to_passed=self.second_to_passed.count,
            rejected_to_passed=self.rejected_to_passed.count,
            rejected_to_second=self.rejected_to_second.count,
        )
        return found if found.pieces else None


class SlipsForm(FlaskForm):
    """How many slips for writing by hand are printed, and for which workshop."""

    workshop = SelectField(_l("For"), validators=[DataRequired(NEEDED)])
    slips = CountField(
        _l("How many slips"),
        default=10,
        validators=[InputRequired(NEEDED), NumberRange(1, MOST_SLIPS, _l("Between 1 and 100."))],
    )
