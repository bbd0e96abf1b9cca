"""The command ``shop``: everything an operator does without a browser."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask, current_app
from flask_babel import force_locale
from sqlalchemy.exc import OperationalError

from shop import server
from shop.accounts import factors
from shop.accounts import queries as accounts_known
from shop.app import BadSettings, Settings, create_app
from shop.demo import load as demo
from shop.earnings import spoken
from shop.exchange.files.pictures import open_pictures
from shop.exchange.files.reading import FileRefused
from shop.exchange.files.stage import staged
from shop.exchange.files.writing import csv_pieces
from shop.exchange.rules import Choices, OtherCurrency, Outcome
from shop.kernel import backup as backups
from shop.kernel import events, migrations, speech, voice
from shop.kernel.access import SYSTEM, Permission
from shop.kernel.clock import utc_now
from shop.kernel.errors import ShopError
from shop.kernel.i18n import CHINESE, ENGLISH
from shop.media import gateway as media
from shop.media.rules import ORIGINALS, PRIVATE, PUBLIC
from shop.notifications import words as messages
from shop.oversight import proof
from shop.payments import differences
from shop.stations import queries as places
from shop.stations import services as stations
from shop.workflows import catalog_import, closing, finding, importing, reconciling, selling

SHIPPED_DIVISIONS = Path(__file__).resolve().parent / "data/divisions"


class Sentence(click.ClickException):
    """A refusal told in one sentence; exit status 1."""


@contextmanager
def _plain_words() -> Iterator[None]:
    try:
        yield
    except (
        BadSettings,
        backups.BackupRefused,
        server.CannotServe,
        demo.NotADemonstration,
        speech.NoSpeaker,
    ) as refusal:
        raise Sentence(str(refusal)) from refusal
    except FileRefused as refusal:
        said = catalog_import.plainly(refusal.remark)
        raise Sentence(f"{said[:1].upper()}{said[1:]}.") from refusal
    except ShopError as refusal:
        details = ", ".join(f"{name}={value}" for name, value in refusal.details.items())
        message = f"refused: {refusal.code} {details}".strip()
        raise Sentence(message) from refusal
    except OperationalError as refusal:
        message = f"The database does not answer or cannot be written: {refusal.orig}"
        raise Sentence(message) from refusal
    except PermissionError as refusal:
        message = f"Not allowed to write {refusal.filename}: choose another folder with SHOP_DATA."
        raise Sentence(message) from refusal
    except OSError as refusal:
        message = f"{refusal.strerror}: {refusal.filename or ''}".rstrip(": ")
        raise Sentence(message) from refusal


def _bring_up_to_date() -> None:
    """Bring the database to the newest migration, and the search index to the rules in force."""
    migrations.bring_up()
    finding.write_anew_if_needed()


def _app() -> Flask:
    app = create_app()
    settings: Settings = app.config["SHOP"]
    settings.folder.mkdir(parents=True, exist_ok=True)
    return app


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Dengliang: shop, workshop ledger and village room of a craft co-operative."""


@cli.command()
def migrate() -> None:
    """Bring the database to the newest migration; safe to repeat."""
    with _plain_words(), _app().app_context():
        _bring_up_to_date()
    click.echo("The database is at the newest migration.")


@cli.command()
def serve() -> None:
    """Serve the site and, on SQLite, run the background worker in the same process."""
    with _plain_words():
        server.serve(_app())


@cli.command()
def worker() -> None:
    """Run one background worker as a process of its own (PostgreSQL)."""
    with _plain_words():
        server.work(_app())


@cli.command("demo")
def demo_command() -> None:
    """Migrate, load the demonstration co-operative when empty, print sign-ins, serve."""
    with _plain_words():
        app = _app()
        server.claim_port(app).close()
        with app.app_context():
            _bring_up_to_date()
            if demo.is_empty():
                click.echo("Loading the demonstration co-operative (under a minute) …")
                with _progress("places") as tell:
                    demo.load(now=utc_now(), progress=tell)
        _give_a_voice(app)
        click.echo(demo.welcome(app.config["SHOP"].host, app.config["SHOP"].port))
        server.serve(app)


def _give_a_voice(app: Flask) -> None:
    """Let a machine speak to makers of the demonstration, where one is installed."""
    folder = app.config["SHOP"].voices / voice.HOUSE
    if speech.can_speak() and voice.missing(folder, spoken.CLIPS):
        speech.speak(spoken.CLIPS, folder)


@cli.command("make-voice")
@click.option("--workshop", default=voice.HOUSE, help="Slug of a workshop; without it everybody's.")
def make_voice(workshop: str) -> None:
    """Let espeak-ng speak every clip that makers hear, until somebody of the village does."""
    folder = _app().config["SHOP"].voices / workshop
    with _plain_words():
        click.echo(f"{speech.speak(spoken.CLIPS, folder)} clips in {folder}")


@cli.command("voice-words")
@click.option("--workshop", default=voice.HOUSE, help="Slug of a workshop; without it everybody's.")
def voice_words(workshop: str) -> None:
    """List the clips to record, each with its words, and mark those that are missing."""
    folder = _app().config["SHOP"].voices / workshop
    missing = set(voice.missing(folder, spoken.CLIPS))
    for name, words in spoken.CLIPS.items():
        click.echo(f"{'-' if name in missing else '+'} {name}.wav\t{words}")


@cli.command()
def seed() -> None:
    """Migrate and fill an empty database with the demonstration co-operative."""
    with _plain_words(), _app().app_context():
        _bring_up_to_date()
        if not demo.is_empty():
            click.echo("There is data already; nothing was changed.")
            return
        with _progress("places") as tell:
            demo.load(now=utc_now(), progress=tell)
    click.echo("The demonstration co-operative is loaded.")


@cli.command("demo-reset")
def demo_reset() -> None:
    """Remove the demonstration's data and load it anew; refuses in production."""
    with _plain_words():
        app = _app()
        demo.remove(app)
        with app.app_context():
            _bring_up_to_date()
            with _progress("places") as tell:
                demo.load(now=utc_now(), progress=tell)
    click.echo("The demonstration starts over. Run it with: make run")


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, of) that draws a bar on a terminal and lines elsewhere."""
    shown = {"share": -1}

    def tell(done: int, of: int) -> None:
        share = 100 * done // max(of, 1)
        if share == shown["share"] or (not sys.stderr.isatty() and share % 10):
            return
        shown["share"] = share
        bar = "█" * (share // 5) + "░" * (20 - share // 5)
        end = "\r" if sys.stderr.isatty() and share < 100 else "\n"  # noqa: PLR2004 - a whole is 100
        click.echo(f"{label} {bar} {done}/{of}{end}", nl=False, err=True)

    yield tell


@cli.command("import-divisions")
@click.argument(
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=SHIPPED_DIVISIONS,
)
def import_divisions(folder: Path) -> None:
    """Build the tree of places from FOLDER (default: the shipped Chongqing copy)."""
    with _plain_words(), _app().app_context(), _progress("places") as tell:
        counted = stations.import_divisions(folder, now=utc_now(), progress=tell)
    click.echo(
        f"{counted.counties} county centers, {counted.towns} town stations, "
        f"{counted.rooms} community rooms, {counted.open_rooms} of them open."
    )


@cli.command("import-orders")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--workshop", required=True, help="Slug of the workshop whose past sales these are.")
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the rows that found no place (default: FILE.refused.csv).",
)
@click.option("--encoding", default="auto", help="auto, utf-8 or gbk.", show_default=True)
def import_orders(file: Path, workshop: str, refused: Path | None, encoding: str) -> None:
    """Bring past sales from a CSV FILE; interrupted or repeated, nothing comes twice."""
    target = refused or file.with_name(file.name + ".refused.csv")
    with _plain_words(), _app().app_context(), _progress("orders") as tell:
        report = importing.import_orders(
            file=file,
            workshop_slug=workshop,
            refused_file=target,
            encoding=encoding,
            actor=SYSTEM,
            now=utc_now(),
            progress=tell,
        )
    click.echo(report.in_words())


@cli.command()
def reindex() -> None:
    """Write the search index anew while selling goes on; safe to break off and repeat."""
    with _plain_words(), _app().app_context():
        written = finding.write_anew(progress=lambda done: click.echo(f"{done} goods …", err=True))
    click.echo(f"The search index knows {written.goods} goods and {written.workshops} workshops.")


@cli.command("import-catalog")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--workshop", required=True, help="Slug of the workshop whose goods these are.")
@click.option(
    "--photos",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="ZIP of the pictures that the file names.",
)
@click.option("--currency", help="Of prices in a file that does not say it, such as CNY or EUR.")
@click.option(
    "--foreign-prices",
    type=click.Choice([str(one) for one in OtherCurrency]),
    default=str(OtherCurrency.REFUSE),
    show_default=True,
    help="What becomes of rows whose price is not in yuan.",
)
@click.option(
    "--share",
    type=click.IntRange(1, 100),
    help="The makers' share in percent, where the file does not say what they get.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write what would become of every row, as CSV.",
)
@click.option("--write", is_flag=True, help="Write it; without this nothing is changed.")
def import_catalog(
    *,
    file: Path,
    workshop: str,
    photos: Path | None,
    currency: str | None,
    foreign_prices: str,
    share: int | None,
    report: Path | None,
    write: bool,
) -> None:
    """Say what a FILE of goods (ours, Shopify's, WooCommerce's) would change; write it if asked."""
    choices = Choices(currency, OtherCurrency(foreign_prices), share)
    with (
        _plain_words(),
        _app().app_context(),
        tempfile.TemporaryDirectory() as folder,
        staged(Path(folder) / "stage.sqlite3") as stage,
        open_pictures(photos) as pictures,
    ):
        workshop_id = places.workshop_by_slug(workshop).id
        with _progress("goods") as tell:
            found = catalog_import.read(
                file=file,
                pictures=pictures,
                stage=stage,
                workshop_id=workshop_id,
                choices=choices,
                actor=SYSTEM,
                tell=lambda done, of: tell(done, of) if of else None,
            )
        click.echo(catalog_import.in_words(found, stage))
        if report is not None:
            head = ["line", "outcome", "code", "sku", "what"]
            rows = catalog_import.report(stage.rows(), said=catalog_import.plainly)
            report.write_text("".join(csv_pieces([head, *rows])), encoding="utf-8", newline="")
        if found.counts[Outcome.ERROR]:
            message = "Nothing was written: mend the rows above and bring the file in again."
            raise Sentence(message)
        if not write:
            click.echo("A dry run: nothing was changed. Add --write to write it.")
            return
        with catalog_import.taken_in(stage, pictures) as taken:
            catalog_import.write(
                stage=stage,
                pictures=taken,
                workshop_id=workshop_id,
                actor=SYSTEM,
                now=utc_now(),
                tell=catalog_import.quietly,
            )
    click.echo("Written. Prices wait for a second person; new goods are drafts.")


@cli.command("deliver-events")
def deliver_events() -> None:
    """Hand every due event to its reactions, then stop."""
    with _plain_words(), _app().app_context():
        handed = 0
        while some := events.deliver_due(now=utc_now()):
            handed += some
    click.echo(f"{handed} delivered.")


@cli.command("expire-holds")
def expire_holds() -> None:
    """Let unpaid orders fall and free what they held, then stop."""
    with _plain_words(), _app().app_context():
        click.echo(f"{selling.expire_unpaid(now=utc_now())} unpaid orders ended.")


@cli.command("reconcile-payments")
@click.option("--days", default=2, show_default=True, help="How far the provider's list goes back.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare a CSV of what the channel paid out instead (columns: README, 'Payments').",
)
def reconcile_payments(days: int, file: Path | None) -> None:
    """Compare our payments with the provider's; exit status 1 while something differs."""
    with _plain_words(), _app().app_context():
        now = utc_now()
        if file is not None:
            outcome = reconciling.compare_file(
                content=file.read_bytes(), file_name=file.name, actor=SYSTEM, now=now
            )
        else:
            selling.reconcile(now=now)
            outcome = reconciling.compare(now=now, since=now - timedelta(days=days))
        waiting = len(differences.differences(SYSTEM.scope(Permission.RECONCILE)))
    click.echo(
        f"{outcome.agreed} payments agree ({outcome.agreed_sum.minor / 100:.2f} yuan),"
        f" {outcome.differing} differ; {waiting} wait for a person at /desk/payments."
    )
    if outcome.differing:
        raise SystemExit(1)


@cli.command()
@click.option(
    "--acknowledged",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Lines of 'key order-number' that buyers were shown: each must exist exactly once.",
)
def check(acknowledged: Path | None) -> None:
    """Prove that books, stock, seats, orders, payments and earnings agree; exit status 0 or 1."""
    with _plain_words(), _app().app_context():
        findings = proof.prove(tell=click.echo, acknowledged=acknowledged)
    if findings:
        click.echo(f"{len(findings)} things disagree.")
        raise SystemExit(1)
    click.echo("Everything agrees.")


@cli.command("reset-second-factor")
@click.argument("login")
def reset_second_factor(login: str) -> None:
    """Take away the second factor of LOGIN, where no two colleagues are left to do it.

    Every sign-in of hers ends; at the next one she sets up another. It is noted as done by the
    house.
    """
    with _app().app_context(), _plain_words():
        user = accounts_known.user_by_login(login)
        factors.reset_by_house(user_id=user.id, actor=SYSTEM, now=utc_now())
        print(f"{user.name} sets up a new second factor at her next sign-in.")


@cli.command("seal-days")
def seal_days() -> None:
    """Seal every ended day of the books and of what happened, then stop."""
    with _plain_words(), _app().app_context():
        click.echo(f"{closing.seal_days(now=utc_now())} days sealed.")


@cli.command("ledger-export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def ledger_export(file: Path) -> None:
    """Write the books with their seals into FILE, which 'python verify.py FILE' proves alone."""
    with _plain_words(), _app().app_context():
        entries, seal = closing.export_ledger(file)
    click.echo(f"{entries} entries, newest seal {seal}")


@cli.command("sms-templates")
@click.option("--language", type=click.Choice([CHINESE, ENGLISH]), default=CHINESE)
def sms_templates(language: str) -> None:
    """Print the text messages as an SMS provider wants them handed in for approval."""
    with _plain_words(), _app().app_context(), force_locale(language):
        for kind, text in messages.templates():
            click.echo(f"{kind.value}\t{text}")


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy database and media into FILE while selling goes on."""
    with _plain_words(), _app().app_context():
        summary = backups.backup(
            file, media=Path(current_app.config["MEDIA_FOLDER"]), now=utc_now()
        )
        _tell_of_bucket()
    click.echo(summary)


def _tell_of_bucket() -> None:
    bucket = current_app.config["SHOP"].bucket
    if bucket is not None:
        click.echo(
            f"Pictures lie in the bucket {bucket.bucket} and are not in this file: copy the bucket "
            "too, with its own tools. 'shop check' says whether database and bucket agree."
        )


@cli.command("upload-pictures")
def upload_pictures() -> None:
    """Copy the pictures on this machine's disk into the bucket of the settings; repeatable."""
    with _plain_words():
        app = _app()
        if app.config["SHOP"].bucket is None:
            message = "No bucket is set: SHOP_MEDIA_S3_BUCKET names the one to copy to."
            raise Sentence(message)
        here = media.Folder(Path(app.config["MEDIA_FOLDER"]))
        copied = media.copy_all(here, media.storage(), folders=(PUBLIC, PRIVATE, ORIGINALS))
    click.echo(f"{copied} files copied into the bucket.")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Bring a backup FILE back into the empty place that SHOP_DATA or SHOP_DATABASE_URL names."""
    with _plain_words():
        app = _app()
        with app.app_context():
            summary = backups.restore(file, media=Path(app.config["MEDIA_FOLDER"]))
            _bring_up_to_date()
            _tell_of_bucket()
    click.echo(summary)


def main() -> None:
    """Run the command line; every refusal is a sentence, never a traceback."""
    try:
        with _plain_words():
            cli(standalone_mode=False)
    except click.ClickException as refusal:
        refusal.show()
        raise SystemExit(refusal.exit_code) from None
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        raise SystemExit(130) from None
    except click.exceptions.Exit as leave:
        raise SystemExit(leave.exit_code) from None
