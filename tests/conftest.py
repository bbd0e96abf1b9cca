from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from shop.app import Settings, create_app
from shop.kernel.db import Base, db, sqlite_module
from shop.media import gateway as media
from shop.notifications import gateway as messages

SECRET = "a secret that only the tests know, long enough"
POSTGRES = os.environ.get(
    "SHOP_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)
NEEDS_SERVICES = os.environ.get("SHOP_TEST_REQUIRE_SERVICES") == "1"


def _postgres_answers() -> bool:
    engine = sa.create_engine(POSTGRES, connect_args={"connect_timeout": 2})
    try:
        with engine.connect():
            return True
    except sa.exc.OperationalError:
        return False
    finally:
        engine.dispose()


HAS_POSTGRES = _postgres_answers()
ENGINES = ["sqlite", "postgres"] if HAS_POSTGRES or NEEDS_SERVICES else ["sqlite"]
# Truncating every table makes new files for all of them, which takes a second; most are empty.
# As a replica, so that neither order nor the guards of append-only tables stand in the way.
EMPTY_WHAT_IS_FULL = """
DO $$
DECLARE
    one record;
    is_full boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename AS name FROM pg_tables
               WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%%I)', one.name) INTO is_full;
        IF is_full THEN
            EXECUTE format('DELETE FROM public.%%I', one.name);
        END IF;
    END LOOP;
    FOR one IN SELECT sequencename AS name FROM pg_sequences
               WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE public.%%I RESTART', one.name);
    END LOOP;
END $$
"""
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made inside


def a_quick_folder(kept: Path) -> Path:
    """Return a folder in memory where there is one: waiting for the disk proves nothing here."""
    if not os.access(MEMORY, os.W_OK):
        return kept
    folder = Path(tempfile.mkdtemp(prefix="dengliang-", dir=MEMORY))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def pytest_report_header() -> str:
    found = "PostgreSQL answers" if HAS_POSTGRES else "no PostgreSQL answers: SQLite only"
    return f"databases: {', '.join(ENGINES)} ({found})"


class Browser(FlaskClient):
    """A test client whose forms say, as a browser's do, that they stand on a page of the house."""

    def post(self, *args: Any, **kwargs: Any) -> TestResponse:
        headers = Headers(kwargs.pop("headers", None) or {})
        headers.setdefault("Origin", "http://localhost")
        return super().post(*args, headers=headers, **kwargs)


def a_test_app(database_url: str, folder: Path) -> Flask:
    settings = Settings(
        mode="test", database_url=database_url, secret_key=SECRET, data_folder=str(folder)
    )
    app = create_app(settings)
    app.config.update(TESTING=True)
    app.test_client_class = Browser
    return app


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "shop.sqlite3"
        self.template = folder / "template.sqlite3"
        self.app = a_test_app(f"sqlite:///{self.file}", folder)
        with self.app.app_context():
            upgrade()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.session.remove()
            db.engine.dispose()
        shutil.copyfile(self.file, self.template)

    def empty(self) -> None:
        self.app.extensions["kept_pages"].store.forget()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        # Through SQLite, never past it: a connection that a thread still holds would take the
        # files of the next test away when it closes.
        source, target = (sqlite_module().connect(str(f)) for f in (self.template, self.file))
        source.backup(target)
        source.close()
        target.close()

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


class Postgres:
    def __init__(self, folder: Path, suffix: str = "") -> None:
        self.name = f"dengliang_test_{os.getpid()}{suffix}"
        self.admin = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
        with self.admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {self.name}")
            connection.exec_driver_sql(
                f"CREATE DATABASE {self.name} ENCODING 'UTF8' TEMPLATE template0"
            )
            # Nothing here has to outlive a power cut.
            connection.exec_driver_sql(f"ALTER DATABASE {self.name} SET synchronous_commit = off")
        url = re.sub(r"/[^/]*$", f"/{self.name}", POSTGRES)
        self.app = a_test_app(url, folder)
        with self.app.app_context():
            upgrade()
            self.kept = {
                table: [dict(row._mapping) for row in db.session.execute(sa.select(table))]
                for table in Base.metadata.sorted_tables
            }
            db.session.remove()

    def empty(self) -> None:
        self.app.extensions["kept_pages"].store.forget()
        with self.app.app_context():
            db.session.remove()
            with db.engine.begin() as connection:
                connection.exec_driver_sql(EMPTY_WHAT_IS_FULL)
                for table, rows in self.kept.items():
                    if rows:
                        connection.execute(sa.insert(table), rows)

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        with self.admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self.admin.dispose()


@pytest.fixture(scope="session", params=ENGINES)
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sqlite | Postgres]:
    kind = {"sqlite": Sqlite, "postgres": Postgres}[request.param]
    house = kind(a_quick_folder(tmp_path_factory.mktemp(request.param)))
    yield house
    house.close()


@pytest.fixture
def fresh_app(database: Sqlite | Postgres, tmp_path: Path) -> Flask:
    """An application on an empty, migrated database and an empty shelf; no context is open."""
    database.empty()
    media.install(media.Folder(tmp_path / "shelf"))
    messages.install(messages.consoles())
    return database.app


@pytest.fixture
def app(fresh_app: Flask) -> Iterator[Flask]:
    """The same inside an application context, for tests that call services."""
    with fresh_app.app_context():
        yield fresh_app
        db.session.remove()


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
