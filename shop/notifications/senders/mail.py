"""A message as an e-mail: plain text and light HTML of the same words, and true headers."""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from flask import current_app
from flask_babel import force_locale

from shop.kernel import links
from shop.notifications import post
from shop.notifications.gateway import Parcel
from shop.notifications.rules import Kind


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
    # Nobody's holiday notice shall answer a machine (RFC 3834).
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    stop = "" if letter.is_essential else post.path_to_stop(parcel.to)
    if stop:
        # One tap in the mailbox itself (RFC 8058), or the link at the end of the mail.
        email["List-Unsubscribe"] = f"<{links.absolute(f'/hooks{stop}')}>"
        email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    facts = {
        "letter": letter,
        "name": parcel.name,
        "address": links.absolute(letter.path) if letter.path else "",
        "lang": parcel.locale.replace("_", "-"),
        "home": links.absolute("/"),
        "stop": links.absolute(stop) if stop else "",
        "operator": current_app.config["SHOP"].site.get("operator", ""),
        "phone": current_app.config["SHOP"].site.get("phone", ""),
        "is_code": letter.kind is Kind.CODE,
        # What a mailbox shows beside the subject; never the code, which locked screens would show.
        "preview": "" if letter.kind is Kind.CODE else letter.short,
    }
    pages = current_app.jinja_env
    with force_locale(parcel.locale):
        text = pages.get_template("email/letter.txt").render(facts)
        html = pages.get_template("email/letter.html").render(facts)
    email.set_content(text, cte="quoted-printable")
    email.add_alternative(html, subtype="html", cte="quoted-printable")
    # Of the whole mail, so after its forms: each would take a header of content with it.
    email["Content-Language"] = parcel.locale.replace("_", "-")
    return email


def _one_line(text: str) -> str:
    return " ".join(text.split())
