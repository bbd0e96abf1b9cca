from __future__ import annotations

import re

import pytest
from flask_babel import force_locale

from shop.kernel.i18n import CHINESE
from shop.notifications import words
from shop.notifications.rules import SHORT, Channel, Kind
from shop.notifications.senders.settings import BadSenders, Senders, from_settings, missing

SMS = Senders(
    sms_provider="aliyun",
    sms_key_id="id",
    sms_secret="secret",
    sms_sign="灯梁",
    sms_templates=",".join(f"{kind}=SMS_{number}" for number, kind in enumerate(Kind)),
)
MAIL = Senders(smtp_url="smtps://shop:x@mail.example.cn", mail_from="灯梁 <shop@example.cn>")


def test_the_settings_decide_who_sends():
    assert from_settings(Senders()) == {}
    assert set(from_settings(SMS)) == {Channel.SMS}
    assert set(from_settings(MAIL)) == {Channel.EMAIL}
    english = Senders(**{**vars_of(SMS), "sms_templates": "code=SMS_1,code.en=SMS_2"})
    assert set(from_settings(english)) == {Channel.SMS}


def vars_of(settings: Senders) -> dict[str, str]:
    return {name: getattr(settings, name) for name in Senders.__slots__}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Senders(smtp_url="mail.example.cn"), "SHOP_SMTP_URL"),
        (Senders(smtp_url="smtp://mail.example.cn"), "SHOP_MAIL_FROM"),
        (Senders(smtp_url="smtp://mail.example.cn", mail_from="Dengliang"), "SHOP_MAIL_FROM"),
        (Senders(sms_provider="other"), "SHOP_SMS_PROVIDER"),
        (Senders(sms_provider="aliyun", sms_key_id="id"), "SHOP_SMS_SECRET"),
        (Senders(**{**vars_of(SMS), "sms_templates": "letter=SMS_1"}), "SHOP_SMS_TEMPLATES"),
        (Senders(**{**vars_of(SMS), "sms_templates": "code:SMS_1"}), "SHOP_SMS_TEMPLATES"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_the_name_of_what_to_change(settings, named):
    with pytest.raises(BadSenders, match=named):
        from_settings(settings)


def test_a_house_without_senders_is_told_what_it_cannot_do():
    assert [one.partition(":")[0] for one in missing(Senders())] == [
        "No text messages",
        "No e-mail",
    ]
    both = Senders(**{**vars_of(SMS), "smtp_url": MAIL.smtp_url, "mail_from": MAIL.mail_from})
    assert missing(both) == []
    few = Senders(**{**vars_of(both), "sms_templates": "code=SMS_1"})
    (said,) = missing(few)
    assert "paid" in said
    assert "code" not in said.partition("for ")[2]


def test_a_template_has_the_blanks_of_its_text(app):
    with force_locale(CHINESE):
        told = dict(words.templates())
    assert set(told) == set(Kind)
    for kind, text in told.items():
        assert set(re.findall(r"\$\{(\w+)\}", text)) == set(re.findall(r"%\((\w+)\)s", SHORT[kind]))
        assert "%(" not in text
