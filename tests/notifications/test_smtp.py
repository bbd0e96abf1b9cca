from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from shop.kernel import links
from shop.notifications import post
from shop.notifications.gateway import NotDeliverable, Parcel, TryLater
from shop.notifications.rules import Kind
from shop.notifications.senders.mail import as_email
from shop.notifications.senders.smtp import BadMailAddress, MailServer, SmtpSender
from tests.builders.messages import A_LETTER

pytestmark = pytest.mark.usefixtures("app")

SENT_FROM = "灯梁 Dengliang <shop@dengliang.example>"


class Mailbox:
    """What a mail server takes in, and what it is told to answer first."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd calls it so
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@contextmanager
def a_server(mailbox: Mailbox, **settings: object) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port, **settings)
    server.start()
    try:
        yield port
    finally:
        server.stop()


def a_sender(port: int, *, url: str = "smtp://127.0.0.1", **more) -> SmtpSender:
    return SmtpSender(MailServer.at(f"{url}:{port}"), sent_from=SENT_FROM, **more)


@pytest.fixture
def parcel(noon) -> Parcel:
    return Parcel(
        key="paid:7",
        to="liu@example.com",
        name="刘女士",
        locale="zh_Hans",
        letter=A_LETTER,
        written_at=noon,
    )


def test_a_mail_arrives_in_both_forms_with_true_headers(parcel):
    box = Mailbox()
    with a_server(box) as port:
        receipt = a_sender(port).send(parcel)
    (mail,) = box.mails
    assert mail["Message-ID"] == receipt
    assert mail["From"] == SENT_FROM
    assert mail["To"] == "刘女士 <liu@example.com>"
    assert mail["Subject"] == A_LETTER.title
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "zh-Hans"
    assert mail["List-Unsubscribe"] is None
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    for form in (text, html):
        assert links.absolute(A_LETTER.path) in form
        assert A_LETTER.paragraphs[0] in form
        assert "刘女士" in form
    assert re.findall(r"(?:src=|url\(|<img|<link|<script)", html) == []
    assert len(mail.as_bytes()) < 12_000


def test_a_mail_sent_again_carries_the_same_name_so_that_nobody_reads_it_twice(parcel):
    box = Mailbox()
    with a_server(box) as port:
        sender = a_sender(port)
        assert sender.send(parcel) == sender.send(parcel)
    assert len({mail["Message-ID"] for mail in box.mails}) == 1
    assert (
        as_email(replace(parcel, key="paid:8"), sent_from=SENT_FROM)["Message-ID"]
        != (box.mails[0]["Message-ID"])
    )


def test_what_she_could_do_without_can_be_ended_with_one_tap(parcel):
    letter = replace(A_LETTER, kind=Kind.HOW_IS_IT, is_essential=False)
    mail = as_email(replace(parcel, letter=letter), sent_from=SENT_FROM)
    path = post.path_to_stop("liu@example.com")
    assert mail["List-Unsubscribe"] == f"<{links.absolute('/hooks' + path)}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert links.absolute(path) in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize("name", ["刘\r\nBcc: x@example.com", "a@b <c@d>", 'O"Neill'])
def test_no_name_becomes_a_header_or_another_address(parcel, name):
    title = "Order\r\nBcc: x@example.com"
    mail = as_email(
        replace(parcel, name=name, letter=replace(A_LETTER, title=title)), sent_from=SENT_FROM
    )
    again = message_from_bytes(mail.as_bytes(), policy=default)
    assert again["Bcc"] is None
    assert [one.addr_spec for one in again["To"].addresses] == ["liu@example.com"]


def test_what_people_wrote_is_no_markup_in_a_mail(parcel):
    letter = replace(A_LETTER, paragraphs=("<script>alert(1)</script>",))
    mail = as_email(replace(parcel, letter=letter), sent_from=SENT_FROM)
    assert "<script" not in mail.get_body(("html",)).get_content()
    assert "<script>alert(1)</script>" in mail.get_body(("plain",)).get_content()


def test_a_code_stands_large_in_the_mail_and_not_in_its_preview(parcel):
    letter = replace(A_LETTER, kind=Kind.CODE, short="493817 …", paragraphs=("493817",), path="")
    html = as_email(replace(parcel, letter=letter), sent_from=SENT_FROM).get_body(("html",))
    assert html.get_content().count("493817") == 1


@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [
        ("550 5.1.1 <liu@example.com> no such mailbox", NotDeliverable, "SMTP 550 5.1.1"),
        ("552 mailbox full", NotDeliverable, "SMTP 552"),
        ("450 4.2.0 greylisted, liu@example.com", TryLater, "SMTP 450 4.2.0"),
        ("421 4.3.2 closing", TryLater, "SMTP 421 4.3.2"),
    ],
)
def test_the_answer_about_a_mailbox_decides_and_its_words_name_nobody(parcel, answer, outcome, why):
    with a_server(Mailbox(answer)) as port, pytest.raises(outcome) as said:
        a_sender(port).send(parcel)
    assert said.value.why == why


def test_a_server_that_is_away_is_away_for_everybody(parcel):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(TryLater) as said:
            a_sender(deaf.getsockname()[1]).send(parcel)
    assert said.value.is_everybody


def test_a_server_that_says_nothing_is_left_after_a_while(parcel):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(TryLater) as said:
            a_sender(silent.getsockname()[1], patience_seconds=0.2).send(parcel)
    assert said.value.is_everybody


def the_trust() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server shows and what a client believes."""
    authority = trustme.CA()
    shows = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(shows)
    believes = ssl.create_default_context()
    authority.configure_trust(believes)
    return shows, believes


def test_name_and_password_go_only_over_an_encrypted_line(parcel):
    shows, believes = the_trust()
    seen = []

    def knows(server, session, envelope, mechanism, data):
        assert isinstance(data, LoginPassword)
        seen.append((session.ssl is not None, data.login, data.password))
        return AuthResult(success=True)

    box = Mailbox()
    with a_server(
        box, tls_context=shows, require_starttls=True, authenticator=knows, auth_required=True
    ) as port:
        a_sender(port, url="smtp://shop:p%40ss@127.0.0.1", trust=believes).send(parcel)
    assert seen == [(True, b"shop", b"p@ss")]
    assert len(box.mails) == 1


def test_a_server_that_shows_a_strange_certificate_gets_nothing(parcel):
    shows, _ = the_trust()
    box = Mailbox()
    with a_server(box, tls_context=shows) as port, pytest.raises(TryLater) as said:
        a_sender(port).send(parcel)
    assert said.value.is_everybody
    assert box.mails == []


def test_a_wrong_password_is_the_operators_matter_and_nobodys_dead_letter(parcel):
    shows, believes = the_trust()

    def refuses(server, session, envelope, mechanism, data):
        return AuthResult(success=False, handled=False)

    with (
        a_server(Mailbox(), tls_context=shows, authenticator=refuses) as port,
        pytest.raises(TryLater) as said,
    ):
        a_sender(port, url="smtp://shop:wrong@127.0.0.1", trust=believes).send(parcel)
    assert (said.value.why[:8], said.value.is_everybody) == ("SMTP 535", True)


@pytest.mark.parametrize("url", ["", "mail.example.cn", "http://mail", "smtp://", "smtp://h:x"])
def test_an_address_that_is_no_mail_server_is_refused_at_the_start(url):
    with pytest.raises(BadMailAddress):
        MailServer.at(url)
