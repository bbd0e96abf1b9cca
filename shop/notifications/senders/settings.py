"""Which senders the settings ask for, and what the house cannot do without them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shop.kernel.i18n import ENGLISH
from shop.notifications.gateway import Sender
from shop.notifications.rules import Channel, Kind
from shop.notifications.senders.aliyun import ENDPOINT, AliyunAccount, AliyunSender
from shop.notifications.senders.smtp import BadMailAddress, MailServer, SmtpSender

ALIYUN = "aliyun"


class BadSenders(ValueError):
    """The settings name a sender that cannot work; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class Senders:
    """The settings of this room as the environment has them, each after ``SHOP_``."""

    smtp_url: str = ""
    mail_from: str = ""
    sms_provider: str = ""
    sms_key_id: str = ""
    sms_secret: str = ""
    sms_sign: str = ""
    sms_templates: str = ""
    sms_endpoint: str = ""


def from_settings(settings: Senders) -> dict[Channel, Sender]:
    """Return the senders that the settings ask for. Raises BadSenders."""
    found: dict[Channel, Sender] = {}
    if settings.smtp_url:
        found[Channel.EMAIL] = _smtp(settings)
    if settings.sms_provider:
        found[Channel.SMS] = _sms(settings)
    return found


def _smtp(settings: Senders) -> SmtpSender:
    try:
        server = MailServer.at(settings.smtp_url)
    except BadMailAddress as wrong:
        message = f"SHOP_SMTP_URL is written {wrong}."
        raise BadSenders(message) from None
    try:
        return SmtpSender(server, sent_from=settings.mail_from)
    except BadMailAddress as wrong:
        message = f"SHOP_SMTP_URL needs SHOP_MAIL_FROM, written {wrong}."
        raise BadSenders(message) from None


def _sms(settings: Senders) -> AliyunSender:
    if settings.sms_provider != ALIYUN:
        message = f"SHOP_SMS_PROVIDER is {ALIYUN!r} or nothing, not {settings.sms_provider!r}."
        raise BadSenders(message)
    missing = [
        f"SHOP_{name.upper()}"
        for name in ("sms_key_id", "sms_secret", "sms_sign", "sms_templates")
        if not getattr(settings, name)
    ]
    if missing:
        message = f"SHOP_SMS_PROVIDER={ALIYUN} needs {', '.join(missing)} too."
        raise BadSenders(message)
    return AliyunSender(
        AliyunAccount(
            key_id=settings.sms_key_id,
            secret=settings.sms_secret,
            sign_name=settings.sms_sign,
            templates=_templates(settings.sms_templates),
            endpoint=settings.sms_endpoint or ENDPOINT,
        )
    )


def _templates(text: str) -> dict[str, str]:
    """Return templates by kind or ``kind.locale`` from ``code=SMS_1,paid=SMS_2,paid.en=SMS_3``."""
    found: dict[str, str] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"([a-z_]+)(\.[A-Za-z_]+)?=(\w+)", one)
        if match is None or match[1] not in set(Kind):
            message = (
                f"SHOP_SMS_TEMPLATES: {one!r} is not 'kind=template', such as code=SMS_1234; "
                f"kinds are {', '.join(Kind)}, in English with .{ENGLISH} behind."
            )
            raise BadSenders(message)
        found[f"{match[1]}{match[2] or ''}"] = match[3]
    return found


def missing(settings: Senders) -> list[str]:
    """Return one sentence for everything the house cannot do as its settings are."""
    said = []
    if not settings.sms_provider:
        said.append(
            "No text messages: SHOP_SMS_PROVIDER is not set. Codes to telephones are refused, and "
            "whoever left only a telephone number waits at /desk/messages/in-person to be told."
        )
    elif unset := sorted(set(Kind) - set(_templates(settings.sms_templates))):
        said.append(
            "SHOP_SMS_TEMPLATES names no template for "
            f"{', '.join(unset)}: these go by e-mail or are told in person."
        )
    if not settings.smtp_url:
        said.append(
            "No e-mail: SHOP_SMTP_URL is not set. Whoever left only a mailbox waits at "
            "/desk/messages/in-person to be told."
        )
    return said
