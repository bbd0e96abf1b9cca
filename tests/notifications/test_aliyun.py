from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from shop.notifications.gateway import NotDeliverable, Parcel, TryLater
from shop.notifications.rules import Kind
from shop.notifications.senders.aliyun import AliyunAccount, AliyunSender, encoded, signed_headers
from tests.builders.messages import A_LETTER

pytestmark = pytest.mark.usefixtures("app")

OK = {"Code": "OK", "Message": "OK", "BizId": "9006^1", "RequestId": "F655A8D5"}
SECRET = "an access key of the test"


@dataclass
class Provider:
    """Answers like the provider's door, and checks the signature as its documentation says."""

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    endpoint: str = ""

    def take(self, query: str, headers: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append({name: values[0] for name, values in parse_qs(query).items()})
        names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0]
        canonical = "\n".join(
            [
                "POST", "/", query,
                "".join(f"{name}:{headers[name]}\n" for name in names.split(";")),
                names, hashlib.sha256(b"").hexdigest(),
            ]
        )  # fmt: skip
        to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        right = hmac.new(SECRET.encode(), to_sign.encode(), "sha256").hexdigest()
        if not headers["authorization"].endswith(f"Signature={right}"):
            return 400, json.dumps({"Code": "SignatureDoesNotMatch"}).encode()
        return self.answers.pop(0) if self.answers else (200, json.dumps(OK).encode())


@contextmanager
def a_provider(*answers: dict | bytes, status: int = 200) -> Iterator[Provider]:
    provider = Provider(
        [(status, one if isinstance(one, bytes) else json.dumps(one).encode()) for one in answers]
    )

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            code, body = provider.take(urlsplit(self.path).query, headers)
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    provider.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def a_sender(endpoint: str = "https://none.invalid", **more) -> AliyunSender:
    account = AliyunAccount(
        key_id="a key id",
        secret=SECRET,
        sign_name="灯梁",
        templates={"paid": "SMS_1", "paid.en": "SMS_2"},
        endpoint=endpoint,
    )
    return AliyunSender(account, **more)


@pytest.fixture
def parcel(noon) -> Parcel:
    return Parcel(
        key="paid:7", to="+86 138 0000 1111", name="刘女士", locale="zh_Hans", letter=A_LETTER,
        written_at=noon,
    )  # fmt: skip


def test_the_signature_is_that_of_the_providers_own_worked_example():
    # "V3 request structure and signature", section with fixed parameters (RunInstances).
    headers = signed_headers(
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        query="ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        nonce="3156853299f313e23d1673dc12e1703d",
        now=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_texts_are_written_as_the_provider_counts_them():
    assert encoded(" a!*'()~/+灯") == "%20a%21%2A%27%28%29~%2F%2B%E7%81%AF"


def test_a_text_message_goes_as_template_and_blanks(parcel):
    with a_provider() as provider:
        assert a_sender(provider.endpoint).send(parcel) == "9006^1"
    (asked,) = provider.asked
    assert asked["PhoneNumbers"] == "13800001111"
    assert asked["SignName"] == "灯梁"
    assert asked["TemplateCode"] == "SMS_1"
    assert json.loads(asked["TemplateParam"]) == dict(A_LETTER.parts)
    assert "刘" not in str(asked)


def test_english_has_its_own_template_and_a_number_abroad_its_country(parcel):
    with a_provider() as provider:
        a_sender(provider.endpoint).send(replace(parcel, locale="en", to="+49 170 1234567"))
    assert provider.asked[0]["TemplateCode"] == "SMS_2"
    assert provider.asked[0]["PhoneNumbers"] == "491701234567"


@pytest.mark.parametrize(
    ("answer", "outcome", "is_everybody"),
    [
        ({"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, NotDeliverable, None),
        ({"Code": "isv.BUSINESS_LIMIT_CONTROL"}, TryLater, False),
        ({"Code": "isv.AMOUNT_NOT_ENOUGH"}, TryLater, True),
        ({"Code": "isp.SYSTEM_ERROR"}, TryLater, True),
        ({"nothing": 1}, TryLater, True),
        ([], TryLater, True),
        (b"<html>bad gateway</html>", TryLater, True),
        (b"", TryLater, True),
    ],
)
def test_what_the_provider_answers_decides_what_becomes_of_it(
    parcel, answer, outcome, is_everybody
):
    with a_provider(answer) as provider, pytest.raises(outcome) as said:
        a_sender(provider.endpoint).send(parcel)
    assert getattr(said.value, "is_everybody", None) is is_everybody
    assert "1111" not in said.value.why


@pytest.mark.parametrize("status", [302, 400, 500, 503])
def test_what_the_provider_says_with_a_bad_status_is_read_all_the_same(parcel, status):
    answer = {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}
    with a_provider(answer, status=status) as provider, pytest.raises(NotDeliverable):
        a_sender(provider.endpoint).send(parcel)


def test_a_wrong_secret_is_the_operators_matter(parcel):
    with a_provider() as provider:
        sender = a_sender(provider.endpoint)
        sender.account = replace(sender.account, secret="another")
        with pytest.raises(TryLater) as said:
            sender.send(parcel)
    assert said.value.is_everybody


def test_a_provider_that_is_away_is_tried_later(parcel):
    with pytest.raises(TryLater) as said:
        a_sender("http://127.0.0.1:9", patience_seconds=0.5).send(parcel)
    assert said.value.is_everybody


@pytest.mark.parametrize(
    ("to", "is_carried"),
    [
        ("138 0000 1111", True),
        ("+86 138 0000 1111", True),
        ("+49 170 1234567", True),
        ("023-5900-0001", False),
        ("liu@example.com", False),
        ("", False),
    ],
)
def test_only_numbers_of_mobile_telephones_are_tried(to, is_carried):
    assert a_sender().carries(Kind.PAID, locale="zh_Hans", to=to) is is_carried


def test_what_has_no_template_is_not_carried():
    assert not a_sender().carries(Kind.CODE, locale="zh_Hans", to="138 0000 1111")
