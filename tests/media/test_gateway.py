"""Both places for files keep one promise: this machine's disk, and a bucket that speaks S3."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from shop.app import BadSettings, Settings, create_app, settings_from
from shop.kernel.db import NetworkInsideTransaction, db, transaction
from shop.media import gateway, services
from shop.media import queries as pictures
from shop.media.gateway import Bucket, BucketPlace, FileMissing, Folder, Storage, StorageAway
from shop.media.rules import ORIGINALS, PUBLIC, NewPicture, Subject, Words
from tests.builders.media import a_picture, sent

KEYS = {"key_id": "tests", "secret": "protects nothing", "region": "us-east-1"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def place(s3: str) -> Iterator[BucketPlace]:
    """An empty bucket, used below a prefix."""
    client = boto3.session.Session().client(
        "s3", endpoint_url=s3, aws_access_key_id="tests", aws_secret_access_key="x",
        region_name="us-east-1",
    )  # fmt: skip
    client.create_bucket(Bucket="pictures")
    yield BucketPlace(bucket="pictures", endpoint=s3, prefix="/county/", **KEYS)
    for one in client.list_objects_v2(Bucket="pictures").get("Contents", []):
        assert one["Key"].startswith("county/")
        client.delete_object(Bucket="pictures", Key=one["Key"])
    client.delete_bucket(Bucket="pictures")
    client.close()


@pytest.fixture(params=["disk", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "disk":
        yield Folder(tmp_path / "media")
        return
    bucket = Bucket(request.getfixturevalue("place"))
    yield bucket
    bucket._client.close()


def test_what_is_put_is_there_whole_until_it_is_removed(storage):
    storage.put("public/ab/one.webp", b"first")
    storage.put("public/ab/two.webp", b"second")
    storage.put("originals/three", b"third")

    assert storage.get("public/ab/one.webp") == b"first"
    assert storage.has("originals/three")
    assert {one.name for one in storage.lying(PUBLIC)} == {
        "public/ab/one.webp",
        "public/ab/two.webp",
    }
    assert all(
        abs(datetime.now(UTC) - one.since) < timedelta(minutes=5)  # the storage's own clock
        for one in storage.lying(ORIGINALS)
    )

    storage.remove(["public/ab/one.webp", "public/ab/never.webp"])

    assert not storage.has("public/ab/one.webp")
    with pytest.raises(FileMissing):
        storage.get("public/ab/one.webp")
    assert [one.name for one in storage.lying(PUBLIC)] == ["public/ab/two.webp"]
    assert list(storage.lying("nothing")) == []


def test_nobody_speaks_to_the_storage_inside_a_transaction(app, storage):
    with pytest.raises(NetworkInsideTransaction), transaction():
        storage.put("public/x", b"x")

    assert not storage.has("public/x")


def test_a_bucket_is_listed_beyond_its_first_page(place):
    bucket = Bucket(place)
    real = bucket._client.list_objects_v2
    bucket._client.list_objects_v2 = lambda **how: real(MaxKeys=2, **how)
    for number in range(5):
        bucket.put(f"public/{number}", b"x")

    assert len(list(bucket.lying(PUBLIC))) == 5
    bucket._client.close()


def test_a_storage_that_does_not_answer_is_named(place, monkeypatch):
    monkeypatch.setattr(gateway, "TRIES", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    bucket = Bucket(BucketPlace(bucket="pictures", endpoint=nobody, **KEYS))

    for act in (
        lambda: bucket.put("public/x", b"x"),
        lambda: bucket.get("public/x"),
        lambda: bucket.has("public/x"),
        lambda: list(bucket.lying(PUBLIC)),
    ):
        with pytest.raises(StorageAway):
            act()
    bucket._client.close()


def test_a_picture_lives_its_whole_life_in_a_bucket(app, noon, place):
    bucket = Bucket(place)
    gateway.install(bucket)
    with services.taken_in([sent(a_picture(size=(400, 300)))]) as (original,):
        services.hang(
            subject=Subject.WORKSHOP,
            subject_id=7,
            station_id=None,
            picture=NewPicture(original, Words(alt="工坊", alt_en="The workshop")),
            actor=services.SYSTEM,
            now=noon,
        )
    services.make_next(now=noon)

    (picture,) = pictures.shown_of(Subject.WORKSHOP, 7)
    assert len(list(bucket.lying(PUBLIC))) == 6
    assert list(bucket.lying(ORIGINALS)) == []
    db.session.remove()
    client = app.test_client()
    address = f"/media/{picture.digest[:2]}/{picture.digest}-400.avif"
    with client.get(address) as whole:
        assert (whole.status_code, whole.mimetype) == (200, "image/avif")
        content = whole.get_data()
        assert content == bucket.get(f"public{address.removeprefix('/media')}")
    with client.get(address, headers={"Range": "bytes=0-9"}) as part:
        assert (part.status_code, part.get_data()) == (206, content[:10])
    assert client.get(address.replace("400", "401")).status_code == 404

    services.take_down(subject=Subject.WORKSHOP, subject_id=7, picture=picture.public_id, now=noon)
    services.tidy(now=noon + timedelta(days=2))
    assert list(bucket.lying(PUBLIC)) == []
    bucket._client.close()


def test_a_bucket_that_is_away_costs_no_picture(app, noon, place, monkeypatch):
    with services.taken_in([sent()]) as (original,):
        services.hang(
            subject=Subject.WORKSHOP,
            subject_id=7,
            station_id=None,
            picture=NewPicture(original),
            actor=services.SYSTEM,
            now=noon,
        )
    here = gateway.storage()

    class Away(Folder):
        def put(self, *_: object) -> None:
            raise StorageAway

    gateway.install(Away(here.folder))
    with pytest.raises(StorageAway):
        services.make_next(now=noon)
    gateway.install(here)

    assert services.make_next(now=noon + services.LEASE)
    assert [one.state.value for one in pictures.at_desk(Subject.WORKSHOP, 7)] == ["ready"]


def test_pictures_move_from_the_disk_into_a_bucket_once(tmp_path, place):
    here, there = Folder(tmp_path), Bucket(place)
    here.put("public/ab/one.webp", b"first")
    here.put("originals/two", b"second")
    there.put("public/ab/one.webp", b"first")

    assert gateway.copy_all(here, there, folders=(PUBLIC, ORIGINALS)) == 1
    assert there.get("originals/two") == b"second"
    assert gateway.copy_all(here, there, folders=(PUBLIC, ORIGINALS)) == 0
    there._client.close()


def test_the_environment_names_the_bucket(tmp_path, s3):
    settings = settings_from(
        {
            "SHOP_ENV": "test",
            "SHOP_DATA": str(tmp_path),
            "SHOP_MEDIA_S3_BUCKET": "pictures",
            "SHOP_MEDIA_S3_ENDPOINT": s3,
            "SHOP_MEDIA_S3_REGION": "us-east-1",
            "SHOP_MEDIA_S3_KEY_ID": "tests",
            "SHOP_MEDIA_S3_SECRET": "protects nothing",
            "SHOP_MEDIA_S3_PREFIX": "/county/",
        }
    )
    assert settings.bucket == BucketPlace(bucket="pictures", endpoint=s3, prefix="/county/", **KEYS)
    before = gateway.storage()
    create_app(settings)
    installed = gateway.storage()
    gateway.install(before)
    assert isinstance(installed, Bucket)
    installed._client.close()


def test_a_bucket_without_the_library_is_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    settings = Settings(
        mode="test", data_folder=str(tmp_path), bucket=BucketPlace(bucket="pictures")
    )
    with pytest.raises(BadSettings, match="boto3"):
        create_app(settings)
