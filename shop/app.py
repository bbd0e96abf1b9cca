"""The one file that knows everybody: reads the settings and puts the application together."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import Babel
from jinja2 import StrictUndefined
from sqlalchemy.engine import make_url

from shop import freshness, reactions
from shop.accounts import services as accounts
from shop.accounts.rules import LONGEST_OF_A_BUYER
from shop.exchange import gateway as shelf
from shop.kernel import db as database
from shop.kernel import events, links, logs, migrations, telling, voice
from shop.kernel import freshness as kept
from shop.kernel.freshness import Versions
from shop.media import gateway as media
from shop.notifications import gateway as messages
from shop.notifications import post
from shop.notifications.senders import settings as senders
from shop.payments import gateway, transfers
from shop.web import (
    access,
    blueprints,
    errors,
    filters,
    kept_pages,
    limits,
    origin,
    pictures,
    responses,
)
from shop.web.filters import FOOTER
from shop.web.page_store import InProcess, InRedis, PageStore
from shop.web.templating import HouseEnvironment

DEFAULT_SECRET = "a-secret-for-trying-out-only"  # noqa: S105 - refused in production, see below
SHORTEST_SECRET = 32


# What stands in the foot of the demonstration, so that nobody takes it for a shop.
DEMONSTRATION = {
    "operator": "灯梁（演示）：不是真实的经营者",
    "license_number": "演示，无证照号",
    "phone": "023-5900-0001",
    "address": "重庆市城口县鸡鸣乡灯梁村社区社工室",
}
PRETENDED_ACCOUNT = transfers.BankAccount(
    "灯梁（演示）：请勿汇款", "演示银行城口支行", "0000 0000 0000 0000"
)


class BadSettings(RuntimeError):
    """The environment asks for something unsafe or impossible; the sentence says what to change."""


def find_resource(name: str) -> Path:
    """Return the folder ``templates`` or ``static``, installed or in a checkout.

    Raises BadSettings when neither place has it. Never looks at the current directory.
    """
    package = Path(__file__).resolve().parent
    installed = package / name
    if installed.is_dir():
        return installed
    checkout = package.parent
    if (checkout / name).is_dir() and (checkout / "pyproject.toml").is_file():
        return checkout / name
    message = f"The folder {name!r} is missing beside the package: install it again."
    raise BadSettings(message)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides; read once, here."""

    mode: str = "production"  # production | demo | development | test
    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    stripe_api_key: str = ""
    stripe_api_base: str = ""
    stripe_webhook_secret: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    data_folder: str = ""
    voices_folder: str = ""
    address: str = ""
    workers: int = 1
    kept_pages_mib: int = 8
    bucket: media.BucketPlace | None = None
    senders: senders.Senders = field(default_factory=senders.Senders)
    transfer_account: transfers.BankAccount | None = None
    verify_phone: str = "never"  # never | pick_up | always
    debug: bool = False
    allow_demonstration: bool = False
    second_factor: bool = False  # asked of staff also outside production
    api_origins: frozenset[str] = frozenset()
    site: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_production(self) -> bool:
        """Say whether real people and real money are expected."""
        return self.mode == "production"

    @property
    def needs_second_factor(self) -> bool:
        """Say whether weighty roles have to sign in with a second factor."""
        return self.is_production or self.second_factor

    @property
    def folder(self) -> Path:
        """Return the folder for database and media when nothing else is said."""
        return Path(self.data_folder or "var").absolute()

    @property
    def voices(self) -> Path:
        """Return the folder of recorded voices: the one set, else one in the data folder."""
        return Path(self.voices_folder).absolute() if self.voices_folder else self.folder / "voices"

    @property
    def database(self) -> str:
        """Return the database address: the one set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.folder / 'shop.sqlite3'}"


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Return the settings named ``SHOP_…`` in an environment.

    Raises BadSettings for a port or a number of workers that is no number, and for a word that
    says nothing.
    """

    def number(name: str, default: int) -> int:
        text = environment.get(name, "")
        if not text:
            return default
        if not text.isdecimal():
            message = f"{name} must be a whole number, not {text!r}."
            raise BadSettings(message)
        return int(text)

    def is_on(name: str) -> bool:
        return environment.get(name, "").lower() in {"1", "true", "yes", "on"}

    mode = environment.get("SHOP_ENV", "production")
    pretended = DEMONSTRATION if mode == "demo" else {}
    return Settings(
        mode=mode,
        database_url=environment.get("SHOP_DATABASE_URL", ""),
        redis_url=environment.get("SHOP_REDIS_URL", ""),
        secret_key=environment.get("SHOP_SECRET_KEY", ""),
        stripe_api_key=environment.get("SHOP_STRIPE_API_KEY", ""),
        stripe_api_base=environment.get("SHOP_STRIPE_API_BASE", ""),
        stripe_webhook_secret=environment.get("SHOP_STRIPE_WEBHOOK_SECRET", ""),
        host=environment.get("SHOP_HOST", "127.0.0.1"),
        port=number("SHOP_PORT", 8000),
        data_folder=environment.get("SHOP_DATA", ""),
        voices_folder=environment.get("SHOP_VOICES", ""),
        address=environment.get("SHOP_ADDRESS", ""),
        workers=number("SHOP_WORKERS", 1),
        kept_pages_mib=number("SHOP_KEPT_PAGES_MIB", 8),
        bucket=_bucket_from(environment),
        senders=senders.Senders(
            **{
                one.name: environment.get(f"SHOP_{one.name.upper()}", "")
                for one in fields(senders.Senders)
            }
        ),
        transfer_account=_account_from(environment, is_demo=mode == "demo"),
        verify_phone=_one_of(
            environment,
            "SHOP_VERIFY_PHONE",
            ("never", "pick_up", "always"),
            default="pick_up" if mode == "demo" else "never",
        ),
        debug=is_on("SHOP_DEBUG"),
        allow_demonstration=is_on("SHOP_ALLOW_DEMONSTRATION"),
        second_factor=is_on("SHOP_SECOND_FACTOR"),
        api_origins=frozenset(environment.get("SHOP_API_ORIGINS", "").split()),
        site={
            name: environment.get(f"SHOP_SITE_{name.upper()}", pretended.get(name, ""))
            for name in FOOTER
        },
    )


def _one_of(
    environment: Mapping[str, str], name: str, words: tuple[str, ...], *, default: str
) -> str:
    """Return one of some words. Raises BadSettings for any other."""
    word = environment.get(name, "") or default
    if word not in words:
        message = f"{name} must be one of {', '.join(words)}, not {word!r}."
        raise BadSettings(message)
    return word


def _account_from(environment: Mapping[str, str], *, is_demo: bool) -> transfers.BankAccount | None:
    """Return where buyers may send money by bank. Raises BadSettings for half an account."""
    names = [f"SHOP_TRANSFER_{one.name.upper()}" for one in fields(transfers.BankAccount)]
    said = [environment.get(name, "").strip() for name in names]
    if all(said):
        return transfers.BankAccount(*said)
    if any(said):
        message = f"{', '.join(names)} go together: set all three, or none."
        raise BadSettings(message)
    return PRETENDED_ACCOUNT if is_demo else None


def _bucket_from(environment: Mapping[str, str]) -> media.BucketPlace | None:
    if not environment.get("SHOP_MEDIA_S3_BUCKET"):
        return None
    return media.BucketPlace(
        **{
            one.name: environment.get(f"SHOP_MEDIA_S3_{one.name.upper()}", "")
            for one in fields(media.BucketPlace)
        }
    )


def _storage_of(settings: Settings) -> media.Storage:
    if settings.bucket is None:
        return media.Folder(settings.folder / "media")
    try:
        return media.Bucket(settings.bucket)
    except media.NoS3Library as missing:
        message = (
            "SHOP_MEDIA_S3_BUCKET needs the library boto3: pip install 'dengliang[s3]', "
            "or unset it to keep pictures on this machine's disk."
        )
        raise BadSettings(message) from missing


def _refuse_unsafe(settings: Settings) -> None:
    if settings.mode not in {"production", "demo", "development", "test"}:
        message = f"SHOP_ENV is production, demo, development or test, not {settings.mode!r}."
        raise BadSettings(message)
    on_sqlite = settings.database.startswith("sqlite")
    if (
        on_sqlite
        and settings.workers > 1
        and not database.sqlite_is_safe(database.sqlite_version())
    ):
        version = ".".join(map(str, database.sqlite_version()))
        message = (
            f"SQLite {version} can lose committed orders when several processes write: "
            "set SHOP_WORKERS=1, install the package pysqlite3, or use PostgreSQL."
        )
        raise BadSettings(message)
    for named in settings.api_origins:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", named, re.ASCII):
            message = f"SHOP_API_ORIGINS names origins such as https://m.example.cn, not {named!r}."
            raise BadSettings(message)
    if not settings.is_production:
        return
    if len(settings.secret_key) < SHORTEST_SECRET or settings.secret_key == DEFAULT_SECRET:
        message = (
            f"In production SHOP_SECRET_KEY must be a secret of your own, {SHORTEST_SECRET} "
            'characters or more (python3 -c "import secrets; print(secrets.token_hex(32))").'
        )
        raise BadSettings(message)
    if settings.debug:
        message = "SHOP_DEBUG must be off in production."
        raise BadSettings(message)
    if not settings.stripe_api_key and settings.allow_demonstration:
        message = "The demonstration gateway takes no money: unset SHOP_ALLOW_DEMONSTRATION."
        raise BadSettings(message)
    if settings.stripe_api_key and not settings.stripe_webhook_secret:
        message = "SHOP_STRIPE_API_KEY needs SHOP_STRIPE_WEBHOOK_SECRET, or payments go unnoticed."
        raise BadSettings(message)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application, ready to serve; touches no table.

    Raises BadSettings when the settings are unsafe in production or impossible anywhere.
    """
    logs.configure()
    settings = settings or settings_from(os.environ)
    _refuse_unsafe(settings)
    folder = settings.folder
    app = Flask(
        __name__,
        template_folder=str(find_resource("templates")),
        static_folder=None,
    )
    on_sqlite = make_url(settings.database).get_backend_name() == "sqlite"
    app.config.update(
        SHOP=settings,
        SECRET_KEY=settings.secret_key or DEFAULT_SECRET,
        SQLALCHEMY_DATABASE_URI=settings.database,
        # What a refused statement carried is people's: no error says it.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True}
        | (
            {"module": database.sqlite_module()}
            if on_sqlite
            else {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
        ),
        MEDIA_FOLDER=str(folder / "media"),
        STATIC_FOLDER=str(find_resource("static")),
        # With an address of its own the site answers to no other name..
        TRUSTED_HOSTS=[urlsplit(settings.address).hostname, "127.0.0.1", "localhost"]
        if settings.address
        else None,
        MAX_CONTENT_LENGTH=20 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="__Host-shop" if settings.is_production else "shop",
        SESSION_COOKIE_SECURE=settings.is_production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LONGEST_OF_A_BUYER,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="zh_Hans",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).resolve().parent / "locale"),
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_ENABLED=settings.mode != "test",
        RATELIMIT_HEADERS_ENABLED=False,
    )
    app.jinja_environment = HouseEnvironment
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    database.init_app(app)
    _keep_pages(app, settings)
    migrations.init_app(app, Path(__file__).resolve().parent / "migrations")
    Babel(app, locale_selector=filters.chosen_locale)
    pictures.init_app(app)
    origin.init_app(app)
    limits.limiter.init_app(app)
    access.init_app(app)
    filters.init_app(app)
    responses.init_app(app)
    errors.init_app(app)
    blueprints.register(app)
    events.connect(reactions.REACTIONS, reactions.LISTENER)
    accounts.install_policy(is_required=settings.needs_second_factor)
    shelf.install(folder / "catalogs")
    kept.connect(freshness.STALE, freshness.ENDINGS)
    links.install(
        secret=app.config["SECRET_KEY"],
        address=settings.address or f"http://{settings.host}:{settings.port}",
    )
    media.install(_storage_of(settings))
    voice.install(settings.voices)
    _install_senders(settings)
    transfers.install(settings.transfer_account)
    gateway.install(
        *gateway.from_settings(
            api_key=settings.stripe_api_key,
            api_base=settings.stripe_api_base,
            webhook_secret=settings.stripe_webhook_secret,
            allow_demonstration=not settings.is_production,
        )
    )
    return app


def _install_senders(settings: Settings) -> None:
    try:
        known = senders.from_settings(settings.senders)
    except senders.BadSenders as wrong:
        raise BadSettings(str(wrong)) from wrong
    pretended = {} if settings.is_production else messages.consoles()
    messages.install({**pretended, **known})
    telling.install(post.write_code)


def _keep_pages(app: Flask, settings: Settings) -> None:
    """Keep public pages as they were rendered, in this process and, where there is one, in Redis.

    Comes before all that adds to answers: what is kept is the whole answer.
    """
    if not settings.kept_pages_mib:
        return
    near = InProcess(settings.kept_pages_mib * 1024 * 1024)
    store: PageStore = near
    if settings.redis_url:
        store = InRedis(settings.redis_url, house=_house(settings), near=near)
    with app.app_context():
        versions = Versions(database.db.engine)
    kept_pages.init_app(app, store=store, versions=versions)


def _house(settings: Settings) -> str:
    """Return a name that changes with all that a page is made of beside the database.

    So two releases, or two houses, that share a Redis never show each other's pages; nobody who
    does not know the secret can guess where they lie.
    """
    parts = (settings.secret_key, settings.database, settings.mode, settings.address)
    said = hashlib.sha256(repr((parts, sorted(settings.site.items()))).encode())
    for folder in (Path(__file__).parent, find_resource("templates"), find_resource("static")):
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            if file.suffix not in {".pyc", ".po", ".csv"}:
                said.update(f"{file.relative_to(folder)}\0".encode())
                said.update(file.read_bytes())
    return said.hexdigest()[:32]
