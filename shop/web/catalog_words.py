"""What is said of catalog files on pages and in reports, in the page's language."""

from __future__ import annotations

from flask_babel import gettext

from shop.exchange.files.columns import BY_NAME
from shop.exchange.rules import REASONS, Remark
from shop.web.filters import locale_name


def column_said(name: str) -> str:
    """Return the heading of one of our columns; a name that is none of them as it is."""
    column = BY_NAME.get(name)
    return column.chinese if column and locale_name() != "en" else name


def remark_said(remark: Remark) -> str:
    """Return what a remark says."""
    about = dict(remark.about)
    if "column" in about:
        about["column"] = column_said(about["column"])
    return str(gettext(REASONS[remark.code]) % about)
