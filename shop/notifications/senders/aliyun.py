"""Text messages through Alibaba Cloud SMS (短信服务), signed as its documentation asks.

The provider keeps the text of every message as an approved template and takes only the blanks;
``shop sms-templates`` prints what to hand in. Source: the operation SendSms (2017-05-25) and
"V3 request structure and signature" in the provider's public documentation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from shop.kernel.clock import utc_now
from shop.kernel.db import outside_transaction
from shop.notifications.gateway import NotDeliverable, Parcel, TryLater
from shop.notifications.rules import Kind
from shop.stations.rules import phone_number

ENDPOINT = "https://dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
PATIENCE_SECONDS = 10
MOST_ANSWER = 64 * 1024
MOST_OF_A_BLANK = 35
MOBILE = re.compile(r"1[3-9]\d{9}")
# Answers that are about this very number; all others are about us, or about the moment.
ABOUT_THE_NUMBER = frozenset(
    {
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.MOBILE_COUNT_OVER_LIMIT",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isp.RAM_PERMISSION_DENY_NUMBER",
        "MOBILE_NOT_ON_SERVICE",
        "isv.MOBILE_REJECT",
    }
)
ABOUT_THE_MOMENT = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL"})


@dataclass(frozen=True, slots=True)
class AliyunAccount:
    """What the provider gave the operator; templates by kind, or kind and locale (``paid.en``)."""

    key_id: str
    secret: str
    sign_name: str
    templates: Mapping[str, str]
    endpoint: str = ENDPOINT


def encoded(text: str) -> str:
    """Return a text as the provider wants it in addresses: RFC 3986, a space as ``%20``."""
    return quote(text, safe="-_.~")


def signed_headers(
    *,
    host: str,
    action: str,
    version: str,
    query: str,
    key_id: str,
    secret: str,
    nonce: str,
    now: datetime,
) -> dict[str, str]:
    """Return the headers of a POST without body, its signature among them.

    query    sorted and encoded.
    """
    nothing = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": nothing,
        "x-acs-date": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(headers)
    canonical = "\n".join(
        (
            "POST",
            "/",
            query,
            "".join(f"{name}:{value}\n" for name, value in headers.items()),
            names,
            nothing,
        )
    )
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
    )
    return headers


class _NoDetours(urllib.request.HTTPRedirectHandler):
    """Follows nobody: an answer that sends us elsewhere is nonsense."""

    def redirect_request(self, *_: object) -> None:
        return None


class AliyunSender:
    """Sends text messages; to numbers abroad where the account has templates for them."""

    def __init__(
        self, account: AliyunAccount, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Take the account; nothing is asked of the provider before the first message."""
        self.account = account
        self.patience_seconds = patience_seconds
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoDetours())

    def carries(self, kind: Kind, *, locale: str, to: str) -> bool:
        """Say whether there is a template for the message and the number can be a mobile one."""
        return bool(self._template(kind, locale) and _number(to))

    def _template(self, kind: Kind, locale: str) -> str:
        known = self.account.templates
        return known.get(f"{kind}.{locale}") or known.get(kind.value, "")

    def send(self, parcel: Parcel) -> str:
        """Hand one message over; return the provider's receipt.

        The provider tells a repeated request by nothing: one that was cut off before its answer
        may be told twice. Raises TryLater and NotDeliverable.
        """
        outside_transaction()
        letter, number = parcel.letter, _number(parcel.to)
        if not number:
            why = "not a mobile number"
            raise NotDeliverable(why)
        # A long word loses its end; half an address would lead nowhere.
        blanks = {
            name: text if name == "link" else text[:MOST_OF_A_BLANK]
            for name, text in letter.parts.items()
        }
        query = "&".join(
            f"{encoded(name)}={encoded(value)}"
            for name, value in sorted(
                {
                    "OutId": hashlib.sha256(parcel.key.encode()).hexdigest()[:32],
                    "PhoneNumbers": number,
                    "SignName": self.account.sign_name,
                    "TemplateCode": self._template(letter.kind, parcel.locale),
                    "TemplateParam": json.dumps(blanks, ensure_ascii=False, sort_keys=True),
                }.items()
            )
        )
        return _receipt(self._answer(query))

    def _answer(self, query: str) -> dict[str, object]:
        endpoint = self.account.endpoint.rstrip("/")
        headers = signed_headers(
            host=urlsplit(endpoint).netloc,
            action="SendSms",
            version=VERSION,
            query=query,
            key_id=self.account.key_id,
            secret=self.account.secret,
            nonce=secrets.token_hex(16),
            now=utc_now(),
        )
        request = urllib.request.Request(  # noqa: S310 - the operator's own address
            f"{endpoint}/?{query}", data=b"", headers=headers, method="POST"
        )
        try:
            with self._opener.open(request, timeout=self.patience_seconds) as answer:
                body = answer.read(MOST_ANSWER)
        except urllib.error.HTTPError as refused:
            # The provider says what it minds in the body of a 4xx too.
            body = refused.read(MOST_ANSWER)
        except OSError as failed:
            raise TryLater(f"no SMS provider: {type(failed).__name__}", is_everybody=True) from None
        try:
            said = json.loads(body)
        except ValueError:
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("Code"), str):
            why = "the SMS provider answered nonsense"
            raise TryLater(why, is_everybody=True)
        return said


def _number(to: str) -> str:
    """Return a mobile number as the provider writes it: ours bare, others with their country."""
    try:
        plain = phone_number(to)
    except ValueError:
        return ""
    is_foreign = to.strip().startswith(("+", "00")) and not MOBILE.fullmatch(plain)
    if is_foreign:
        return plain.removeprefix("00")
    return plain if MOBILE.fullmatch(plain) else ""


def _receipt(said: dict[str, object]) -> str:
    code = str(said["Code"])
    if code == "OK":
        return str(said.get("BizId", ""))[:120]
    word = f"SMS {code}"[:100]
    if code in ABOUT_THE_NUMBER:
        raise NotDeliverable(word)
    raise TryLater(word, is_everybody=code not in ABOUT_THE_MOMENT)
