"""What templates may ask for: words in the reader's language, money, dates, addresses of files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, current_app, request, session, url_for
from flask_babel import format_date, format_datetime, get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from shop.kernel.access import Permission
from shop.kernel.i18n import money_text
from shop.kernel.ids import secret_token
from shop.kernel.money import Money
from shop.web import art
from shop.web.access import SIGN_IN_KEY, current_actor

LOCALES = {"zh": "zh_Hans", "en": "en"}
LANGUAGE_COOKIE = "lang"
ELDER_COOKIE = "elder"
# What a visitor may choose of how she reads, in a cookie or for one page in its address.
READING = {LANGUAGE_COOKIE: frozenset(LOCALES), ELDER_COOKIE: frozenset({"0", "1"})}
MOST_OF_A_HEADER = 200
FOOTER = (
    "operator",
    "license_number",
    "icp_filing",
    "police_filing",
    "phone",
    "address",
    "hours",
)


def chosen_locale() -> str:
    """Return the language of this request."""
    return LOCALES[
        language_of(
            asked=request.args.get("lang"),
            kept=request.cookies.get(LANGUAGE_COOKIE),
            accepted=request.headers.get("Accept-Language", ""),
        )
    ]


def language_of(*, asked: str | None, kept: str | None, accepted: str) -> str:
    """Return the visitor's choice, then what the browser asks for, then Chinese.

    asked       in the address of this one page.
    kept        on the device.
    accepted    what the browser says of its reader.
    """
    wanted = asked or kept
    return wanted if wanted in LOCALES else _accepted(accepted[:MOST_OF_A_HEADER])


@lru_cache(maxsize=256)
def _accepted(header: str) -> str:
    languages = parse_accept_header(header, LanguageAccept)
    best = languages.best_match(["zh", "zh-CN", "zh-Hans", "en"], default="zh") if header else "zh"
    return "en" if best == "en" else "zh"


def locale_name() -> str:
    """Return the language of this page: ``zh_Hans`` or ``en``."""
    return "en" if str(get_locale()).startswith("en") else "zh_Hans"


def html_lang() -> str:
    """Return the language of this page as HTML names it."""
    return "en" if locale_name() == "en" else "zh-Hans"


def page_address() -> str:
    """Return this page's own address, without what only says how it is read."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in READING]
    return f"{quote(request.path)}?{urlencode(kept)}".rstrip("?")


def is_elder() -> bool:
    """Say whether this visitor asked for large text and large targets (domain.md 7)."""
    return (request.args.get("elder") or request.cookies.get(ELDER_COOKIE)) == "1"


def localized(thing: object, name: str) -> str:
    """Return a text of a thing in the page's language, the Chinese where English is missing."""
    return text_of(thing, name, locale=locale_name())


def text_of(thing: object, name: str, *, locale: str) -> str:
    """Return a text of a thing in a language, the Chinese where English is missing."""
    if locale == "en":
        english = getattr(thing, f"{name}_en", None)
        if english:
            return str(english)
    return str(getattr(thing, name) or "")


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def static_url(path: str) -> str:
    """Return the address of a static file with its content in the name, cacheable for ever."""
    file = Path(current_app.config["STATIC_FOLDER"]) / path
    return url_for("assets.static_file", path=path, v=_digest(file))


def stylesheet_url(reader: str) -> str:
    """Return the address of the stylesheet of ``window`` or ``work``."""
    content = stylesheet(current_app.config["STATIC_FOLDER"], reader)
    digest = hashlib.sha256(content).hexdigest()[:12]
    return url_for("assets.stylesheet_file", reader=reader, digest=digest)


@cache
def stylesheet(folder: str, reader: str) -> bytes:
    """Return a stylesheet: files of ``css/order.txt`` in their order, joined, nothing compiled.

    reader    ``work`` has all; ``window`` leaves out what is marked as work, which no buyer needs.
    """
    lines = (Path(folder) / "css/order.txt").read_text(encoding="utf-8").splitlines()
    marked = [line.split() for line in lines]
    return b"\n".join(
        (Path(folder) / name).read_bytes()
        for name, *marks in marked
        if reader == "work" or "work" not in marks
    )


def form_key() -> str:
    """Return a fresh key for a form that buys or pays: sent twice, it acts once."""
    return secret_token()


def csrf_field() -> Markup:
    """Return the hidden field that every form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def show_money(amount: Money) -> str:
    """Return an amount as text in the page's language."""
    return money_text(amount)


def show_date(day: date, form: str = "medium") -> str:
    """Return a day in the page's language."""
    return format_date(day, form)  # type: ignore[no-any-return]


def show_datetime(instant: datetime, form: str = "medium") -> str:
    """Return an instant at the place (Asia/Shanghai) in the page's language."""
    return format_datetime(instant, form)  # type: ignore[no-any-return]


class Site:
    """Who stands behind the site; the footer of every page shows it."""

    name = "灯梁 Dengliang"

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take the operator's own words from the settings."""
        for key in FOOTER:
            setattr(self, key, values.get(key, ""))

    @property
    def rules(self) -> list[tuple[str, str]]:
        """Return the rules linked from every foot."""
        return [(str(_("Rules of the house")), "/rules")]


def init_app(app: Flask) -> None:
    """Give every template its words."""

    def globals_of_page() -> dict[str, Any]:
        actor = current_actor() if session.get(SIGN_IN_KEY) else None
        signed_in = actor if actor is not None and actor.user_id is not None else None
        return {
            "html_lang": html_lang(),
            "locale": locale_name(),
            "actor": signed_in,
            "elder_mode": is_elder(),
            "demo_mode": app.config["SHOP"].mode == "demo",
            "site": app.extensions["site"],
        }

    app.extensions["site"] = Site(app.config["SHOP"].site)
    app.context_processor(globals_of_page)
    app.jinja_env.globals.update(
        static_url=static_url,
        stylesheet_url=stylesheet_url,
        page_address=page_address,
        csrf_field=csrf_field,
        form_key=form_key,
        art_url=art.art_url,
        localized=localized,
        Permission=Permission,
    )
    app.jinja_env.filters.update(
        money=show_money, date=show_date, datetime=show_datetime, localized=localized
    )
    app.jinja_env.phrase_folder = app.config["BABEL_TRANSLATION_DIRECTORIES"]  # type: ignore[attr-defined]  # see templating
    app.jinja_env.in_language = in_language  # type: ignore[attr-defined]  # see templating


def in_language(locale: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what templates of one language may ask for without asking which language it is.

    The globals first, then the filters.
    """
    words = partial(text_of, locale=locale)
    return {"localized": words}, {"localized": words}
