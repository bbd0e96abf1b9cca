"""What pages and programs ask of a buyer in the same words."""

from __future__ import annotations

from flask_babel import gettext as _

from shop.web.filters import localized
from shop.web.wish_words import wish_items
from shop.workflows.quoting import QuotedLine


def no_return_words(line: QuotedLine) -> str:
    """Return what a buyer confirms about one line that is made for her alone; kept as she saw it.

    Source: trust.md 4 (excluded goods: plainly marked, confirmed in each purchase).
    """
    title = localized(line, "title")
    if not line.wish:
        return str(
            _(
                "I know: “%(title)s” is made for me alone and cannot come back within 7 days "
                "without a reason. With a fault it can.",
                title=title,
            )
        )
    said = _(", ").join(
        str(_("%(label)s: %(value)s", label=label, value=value))
        for label, value in wish_items(line.wish)
    )
    return str(
        _(
            "I know: “%(title)s” with %(wish)s is made for me alone and cannot come back within "
            "7 days without a reason. With a fault it can.",
            title=title,
            wish=said,
        )
    )
