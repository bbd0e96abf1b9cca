"""A message as an e-mail: plain text and light HTML of the same words, and true headers."""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from flask import current_app

from shop.kernel import links
from shop.notifications.gateway import Parcel


def message_id(key: str, *, domain: str) -> str:
    """Return the Message-ID of a message: the same for every try, so that none is shown twice."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def as_email(parcel: Parcel, *, sent_from: str) -> EmailMessage:
    """Return one message as a mail of two forms, text first.

    sent_from    ``Name <address>``.
    """
    name, address = parseaddr(sent_from)
    letter, domain = parcel.letter, address.rpartition("@")[2]
    email = EmailMessage(policy=SMTP)
    email["From"] = Address(name, addr_spec=address)
    email["To"] = Address(_one_line(parcel.name), addr_spec=parcel.to)
    email["Subject"] = _one_line(letter.title)
    email["Date"] = parcel.written_at
    email["Message-ID"] = message_id(parcel.key, domain=domain)
    email["Content-Language"] = parcel.locale.replace("_", "-")
    # Nobody's holiday notice shall answer a machine (RFC 3834).
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    facts = {
        "letter": letter,
        "name": parcel.name,
        "address": links.absolute(letter.path) if letter.path else "",
        "lang": parcel.locale.replace("_", "-"),
        "home": links.absolute("/"),
    }
    pages = current_app.jinja_env
    email.set_content(pages.get_template("email/letter.txt").render(facts), cte="quoted-printable")
    email.add_alternative(
        pages.get_template("email/letter.html").render(facts),
        subtype="html",
        cte="quoted-printable",
    )
    return email


def _one_line(text: str) -> str:
    return " ".join(text.split())
