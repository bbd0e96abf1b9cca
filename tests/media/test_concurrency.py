"""Two taps at once: one picture, and never one more than there may be."""

from __future__ import annotations

from threading import Barrier, Thread

from flask import Flask

from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import ShopError
from shop.media import queries as pictures
from shop.media import services
from shop.media.rules import MOST_OF, NewPicture, Sent, Subject
from tests.builders.media import a_picture, sent

THREADS = 6


def all_at_once(app: Flask, now, files: list[Sent]) -> list[object]:
    """Hang every file in a thread of its own at the same moment; return ids and refusals."""
    start, told = Barrier(len(files)), []

    def hang(file: Sent) -> None:
        with app.app_context():
            try:
                with services.taken_in([file]) as (original,):
                    start.wait()
                    told.append(
                        services.hang(
                            subject=Subject.MEMBER,
                            subject_id=7,
                            station_id=None,
                            picture=NewPicture(original),
                            actor=SYSTEM,
                            now=now,
                        )
                    )
            except ShopError as refusal:
                told.append(refusal.code)
            finally:
                db.session.remove()

    threads = [Thread(target=hang, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_one_file_tapped_many_times_at_once_is_one_picture(fresh_app, noon):
    told = all_at_once(fresh_app, noon, [sent()] * THREADS)

    assert told == [told[0]] * THREADS
    with fresh_app.app_context():
        assert len(pictures.at_desk(Subject.MEMBER, 7)) == 1
        db.session.remove()


def test_many_files_at_once_never_pass_the_most(fresh_app, noon):
    most = MOST_OF[Subject.MEMBER]
    told = all_at_once(
        fresh_app, noon, [sent(a_picture(size=(40 + n, 30))) for n in range(THREADS)]
    )

    assert told.count("media.too_many") == THREADS - most
    with fresh_app.app_context():
        assert len(pictures.at_desk(Subject.MEMBER, 7)) == most
        db.session.remove()
