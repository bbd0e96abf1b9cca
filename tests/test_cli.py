"""The command line as an operator meets it: sentences, exit statuses, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import pytest

from shop import cli
from tests.builders.serving import settings_of, shop
from tests.builders.stations import a_workshop

LONG_SECRET = "0123456789abcdef0123456789abcdef"
PRODUCTION = {"SHOP_ENV": "production", "SHOP_SECRET_KEY": LONG_SECRET}


def one_sentence(status: int, complaint: str) -> str:
    """Return what a refusal said, having checked that it is a sentence and nothing more."""
    assert status == 1, (status, complaint)
    assert "Traceback" not in complaint
    lines = [line for line in complaint.splitlines() if line.strip()]
    assert len(lines) == 1, complaint
    return lines[0]


def refused(*words: str, env: dict[str, str], wrapper: Sequence[str] = ()) -> str:
    """Run a command in a process of its own and return the sentence by which it refuses."""
    said = shop(*words, env=env, wrapper=wrapper)
    return one_sentence(said.returncode, said.stderr)


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run a command in this process; return its exit status and its two voices."""

    def run_here(*words: str, **settings: str) -> tuple[int, str, str]:
        for name in [name for name in os.environ if name.startswith("SHOP_")]:
            monkeypatch.delenv(name)
        for name, value in settings_of(tmp_path, **settings).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["shop", *words])
        status = 0
        try:
            cli.main()
        except SystemExit as leave:
            status = int(leave.code or 0)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run_here


REFUSED = {
    "no secret": ({**PRODUCTION, "SHOP_SECRET_KEY": ""}, "SHOP_SECRET_KEY must be a secret"),
    "the secret of the source": (
        {**PRODUCTION, "SHOP_SECRET_KEY": "a-secret-for-trying-out-only"},
        "SHOP_SECRET_KEY must be a secret",
    ),
    "a short secret": ({**PRODUCTION, "SHOP_SECRET_KEY": "short"}, "32 characters"),
    "debug": ({**PRODUCTION, "SHOP_DEBUG": "1"}, "SHOP_DEBUG must be off"),
    "the demonstration gateway": (
        {**PRODUCTION, "SHOP_ALLOW_DEMONSTRATION": "1"},
        "The demonstration gateway takes no money",
    ),
    "Stripe without its webhook secret": (
        {**PRODUCTION, "SHOP_STRIPE_API_KEY": "sk_live_1"},
        "SHOP_STRIPE_WEBHOOK_SECRET",
    ),
    "an unknown mode": ({"SHOP_ENV": "prod"}, "SHOP_ENV is production, demo"),
    "a port that is no number": ({"SHOP_PORT": "http"}, "SHOP_PORT must be a whole number"),
}


@pytest.mark.parametrize(("settings", "words"), REFUSED.values(), ids=REFUSED)
def test_an_unsafe_start_is_refused_in_one_sentence(run, settings, words):
    status, _, complaint = run("serve", **settings)
    assert words in one_sentence(status, complaint)


def test_production_without_a_secret_ends_before_it_begins(tmp_path):
    env = settings_of(tmp_path, SHOP_ENV="production")
    assert "SHOP_SECRET_KEY" in refused("serve", env=env)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_migrated_is_not_served(tmp_path):
    assert "shop migrate" in refused("serve", env=settings_of(tmp_path))


def test_a_folder_that_cannot_be_written_is_named_in_one_sentence(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    # For root no folder is closed, unless it gives its powers up.
    plain = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []

    there = refused("migrate", env=settings_of(closed), wrapper=plain)
    below = refused("migrate", env=settings_of(closed / "data"), wrapper=plain)

    assert "cannot be written" in there
    assert str(closed / "data") in below
    assert "SHOP_DATA" in below


def test_every_command_explains_itself(run):
    status, told, _ = run("--help")
    assert status == 0
    listed = told.partition("Commands:")[2].strip().splitlines()
    assert len(listed) >= 12
    assert all(len(line.split(maxsplit=1)) == 2 for line in listed), listed


def test_a_file_that_is_not_there_is_named(run):
    status, _, complaint = run("check", "--acknowledged", "nowhere.txt")
    assert status == 2
    assert "nowhere.txt" in complaint
    assert "Traceback" not in complaint


def test_only_the_demonstration_can_be_started_over(tmp_path):
    assert "SHOP_ENV=demo" in refused("demo-reset", env=settings_of(tmp_path))


def test_a_catalog_is_looked_at_first_and_written_when_asked(run, tmp_path):
    run("migrate", SHOP_ENV="demo")
    with cli._app().app_context():
        a_workshop()
    file = tmp_path / "goods.csv"
    file.write_text(
        "code,title,material,care,pay_lane,share_percent,price\nN-1,新,棉,洗,代销,50,many\n",
        encoding="utf-8",
    )
    words = ("import-catalog", str(file), "--workshop", "dengliang")

    status, out, err = run(*words, SHOP_ENV="demo")
    assert "line 2: error N-1" in out
    assert "Nothing was written" in one_sentence(status, err.splitlines()[-1])

    file.write_text(file.read_text(encoding="utf-8").replace("many", "30"), encoding="utf-8")
    report = tmp_path / "report.csv"
    status, out, _ = run(*words, "--report", str(report), SHOP_ENV="demo")
    assert status == 0
    assert "dry run: nothing was changed" in out
    assert "N-1" in report.read_text(encoding="utf-8-sig")
    assert run(*words, "--write", SHOP_ENV="demo")[1].endswith("new goods are drafts.\n")
    assert "same             1" in run(*words, SHOP_ENV="demo")[1]
    status, _, err = run("import-catalog", __file__, "--workshop", "dengliang", SHOP_ENV="demo")
    assert "belongs to no format known here" in one_sentence(status, err)


def test_payments_are_compared_and_a_difference_ends_with_status_1(run, tmp_path):
    assert run("migrate")[0] == 0
    status, said, _ = run("reconcile-payments")
    assert (status, said.split(" (")[0]) == (0, "0 payments agree")
    file = tmp_path / "july.csv"
    file.write_text("payment,type,gross\npay_NOBODY22,charge,9.00\n", encoding="utf-8")

    status, said, _ = run("reconcile-payments", "--file", str(file))

    assert status == 1
    assert "1 differ; 1 wait for a person" in said
    status, _, complaint = run("reconcile-payments", "--file", str(file))
    assert "reconciling.file_known" in one_sentence(status, complaint)
