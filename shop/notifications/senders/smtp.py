"""E-mail over SMTP: encrypted, with a patience, and one Message-ID per message for ever."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from shop.kernel.db import outside_transaction
from shop.notifications.gateway import NotDeliverable, Parcel, TryLater
from shop.notifications.rules import Kind
from shop.notifications.senders import mail

PATIENCE_SECONDS = 15
PORTS = {"smtp": 587, "smtps": 465}
AT_HOME = frozenset({"localhost", "127.0.0.1", "::1"})
ALWAYS_NO = 500
# What only the operator can mend says nothing about the mailbox.
NOT_THE_MAILBOX = frozenset({500, 502, 503, 504, 530, 534, 535, 538})


class BadMailAddress(ValueError):
    """The address of the mail server, or the sender's, cannot be used."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail leaves: ``smtps`` is encrypted from the first byte, ``smtp`` by STARTTLS.

    Only a server on this very machine is spoken to in the clear, and only where it offers nothing
    better.
    """

    host: str
    port: int
    user: str
    password: str
    is_encrypted: bool

    @classmethod
    def at(cls, url: str) -> MailServer:
        """Return the server of ``smtp[s]://user:password@host:port``. Raises BadMailAddress."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.scheme not in PORTS or not parts.hostname:
            message = "smtp://user:password@host:587 or smtps://user:password@host:465"
            raise BadMailAddress(message)
        return cls(
            host=parts.hostname,
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            is_encrypted=parts.scheme == "smtps",
        )


class SmtpSender:
    """Sends e-mails one by one; a mail server that is away is tried again by whoever calls."""

    def __init__(
        self,
        server: MailServer,
        *,
        sent_from: str,
        trust: ssl.SSLContext | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Take the server and the sender, as ``Name <address>``; ``trust`` is for tests.

        Raises BadMailAddress for a sender without an address.
        """
        self.server = server
        self.sent_from = sent_from
        if "@" not in parseaddr(sent_from)[1]:
            message = "Dengliang <shop@example.cn>"
            raise BadMailAddress(message)
        self.trust = trust
        self.patience_seconds = patience_seconds

    def carries(self, kind: Kind, *, locale: str, to: str) -> bool:
        """Say yes: every message has the form of a mail."""
        del kind, locale
        return "@" in to

    def send(self, parcel: Parcel) -> str:
        """Hand one mail to the server; return its Message-ID.

        A server that fails after it had the mail may get it again: with the same Message-ID, so
        mailboxes show it once. Raises TryLater and NotDeliverable.
        """
        outside_transaction()
        letter = mail.as_email(parcel, sent_from=self.sent_from)
        with _in_our_words(), self._connection() as connection:
            connection.send_message(letter)
        return str(letter["Message-ID"])

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        server = self.server
        trust = self.trust or ssl.create_default_context()
        connection: smtplib.SMTP = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=self.patience_seconds, context=trust)
            if server.is_encrypted
            else smtplib.SMTP(server.host, server.port, timeout=self.patience_seconds)
        )
        with connection:
            connection.ehlo()
            if not server.is_encrypted:
                if connection.has_extn("starttls"):
                    connection.starttls(context=trust)
                    connection.ehlo()
                elif server.host not in AT_HOME:
                    message = "the mail server offers no encryption"
                    raise TryLater(message, is_everybody=True)
            if server.user:
                connection.login(server.user, server.password)
            yield connection


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn what can go wrong with a mail server into the two answers a sender may give."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        _refuse(code, words)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPHeloError) as failed:
        raise TryLater(_said(failed.smtp_code, failed.smtp_error), is_everybody=True) from None
    except smtplib.SMTPNotSupportedError:
        why = "the mail server cannot write this address"
        raise NotDeliverable(why) from None
    except smtplib.SMTPServerDisconnected:
        why = "the mail server hung up"
        raise TryLater(why, is_everybody=True) from None
    except smtplib.SMTPResponseException as failed:
        _refuse(failed.smtp_code, failed.smtp_error)
    except (OSError, smtplib.SMTPException) as failed:
        raise TryLater(f"no mail server: {type(failed).__name__}", is_everybody=True) from None


def _refuse(code: int, words: bytes | str) -> None:
    if code >= ALWAYS_NO and code not in NOT_THE_MAILBOX:
        raise NotDeliverable(_said(code, words)) from None
    raise TryLater(_said(code, words), is_everybody=code in NOT_THE_MAILBOX) from None


def _said(code: int, words: bytes | str) -> str:
    """Return the number of an answer and the enhanced one in its words; the words name people."""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    first = text.split(" ", 1)[0]
    enhanced = f" {first}" if first.replace(".", "").isdigit() and first.count(".") == 2 else ""  # noqa: PLR2004 - class.subject.detail
    return f"SMTP {code}{enhanced}"
