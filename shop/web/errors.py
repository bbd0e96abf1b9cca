"""The only mapping from refusals to words and status numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_limiter.errors import RateLimitExceeded
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from shop.exchange.rules import Remark
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.web.access import current_actor
from shop.web.catalog_words import remark_said
from shop.web.filters import show_money
from shop.web.origin import PageTooOld
from shop.web.problems import problem

log = structlog.get_logger(__name__)

# Of a form that is shown once more: what never stands in a page, and how much of the rest does.
SECRETS = frozenset({"password", "pin", "old", "new", "again"})
MOST_TYPED = 50_000

# code of a refusal -> what it says; %(name)s are the details of the refusal
WORDS: dict[str, Any] = {
    # kernel
    "refused": _l("This cannot be done."),
    "not_found": _l("There is no such page, or it is not yours to see."),
    "forbidden": _l("Your role does not include this. Ask your social worker who may do it."),
    "conflict": _l("Somebody else was faster: this has changed meanwhile. Look at it again."),
    "invalid_input": _l("Something in the form could not be understood. Please look at it again."),
    # programs
    "api.unreadable": _l("What was sent is not JSON that can be read."),
    "api.bad_query": _l("A parameter is unknown, given twice or out of its bounds."),
    "api.bad_cursor": _l("This cursor was not given out here for this question. Begin again."),
    "api.bad_header": _l("A header is missing or cannot be what it is called."),
    "api.not_json": _l("Send JSON and say so: Content-Type: application/json."),
    "api.bad_content": _l("What was sent is not what this operation takes."),
    "api.too_often": _l("%(most)s requests are enough for now. Wait %(seconds)s seconds."),
    # telling
    "telling.cannot_be_reached": _l(
        "No message can be sent to this number or mailbox just now. Please use another one."
    ),
    "api.nobody": _l("Say who asks: a token, or a page of this site."),
    "api.token_refused": _l(
        "This token opens nothing: it is unknown, has run out or was taken back."
    ),
    "api.scope_missing": _l("This token was not made for that; it would need “%(scope)s”."),
    "programs.bad_program": _l("A program needs a name of at most %(most)s signs."),
    "programs.bad_token": _l("A token is for something, and ends after 1 to %(most)s days."),
    "programs.too_many_tokens": _l("%(most)s tokens are open already. Take one back first."),
    "programs.key_taken": _l(
        "This key was used with another content; the first answer stands. Take a new key."
    ),
    "programs.key_in_use": _l("A request with this key is being worked on. Ask again in a moment."),
    "programs.bad_hook": _l(
        "Only a public address with https and a name can be told, and of at least one thing."
    ),
    "programs.too_many_hooks": _l("%(most)s addresses are told already. End one of them first."),
    "programs.message_not_dead": _l("This message was not given up: it was taken, or waits."),
    "programs.over": _l("This program was ended and can do nothing any more."),
    "telling.no_address": _l("This is neither a telephone number nor an e-mail address."),
    "telling.nobody_sends": _l(
        "This message cannot be sent there: no sender is set up for it. Tell her in person."
    ),
    "telling.reason_missing": _l("Say in a few words why; the next colleague reads it."),
    # shelves
    "shelves.bad_shelf": _l(
        "A shelf needs a title, a sentence and days that follow each other within a year."
    ),
    "shelves.full": _l("%(most)s goods fit on a shelf. Take one off first."),
    "shelves.not_of_this_place": _l("This is made at another place. Only goods from here fit."),
    # stations
    "stations.divisions_unreadable": _l("%(file)s, line %(line)s: %(why)s. Nothing was imported."),
    "stations.slug_taken": _l("Another workshop has the address “%(slug)s” already."),
    "stations.member_code_taken": _l(
        "Another maker of this workshop has the code %(member_code)s already."
    ),
    "stations.phone_unreadable": _l("“%(phone)s” is not a telephone number."),
    "catalog.slug_taken": _l("Another listing has, or once had, the address “%(slug)s”."),
    "catalog.bad_slug": _l("An address is made of small Latin letters, digits and hyphens."),
    "catalog.bad_measure": _l("A measure lies between 0 and %(most)s."),
    "catalog.bad_option": _l("“%(option)s” asks for nothing that can be answered."),
    "catalog.wish_refused": _l("What you asked for cannot be woven like this."),
    "posters.busy": _l("Others are having posters drawn. Try again in a few seconds."),
    "orders.confirmation_missing": _l(
        "“%(title)s” is made for one buyer: it needs her confirmation that it cannot come back."
    ),
    "selling.wish_changed": _l(
        "What was to be woven into “%(title)s” is no longer offered like this. Choose again."
    ),
    "making.line_given_out": _l(
        "“%(title)s”: only %(left)s more can be given out; the rest is with a maker already."
    ),
    "earnings.transfer_under_way": _l(
        "A transfer by WeChat is on its way to her. Pay another way only after it came back."
    ),
    "earnings.transfer_not_sent": _l(
        "No transfer by WeChat is on its way here: send it first, or it came back already."
    ),
    "earnings.words_missing": _l("Say what the room shall look at: it reads this."),
    "production.nothing_to_appeal": _l("All of these pieces passed, or nobody has looked yet."),
    "production.too_late_to_appeal": _l("The seven days in which one can object are over."),
    "production.another_pair": _l(
        "You gave this verdict yourself. Another pair of eyes looks at it now."
    ),
    "production.appeal_closed": _l("Somebody has looked again already; what was decided stands."),
    "production.answer_missing": _l(
        "Say how many pieces rise, or keep the verdict and say why: she reads it."
    ),
    "production.more_than_there": _l("So many pieces were not in that grade. Look once more."),
    "production.paper_not_printed": _l(
        "No slip %(number)s was printed here. Look at the number once more."
    ),
    "production.paper_keyed_in": _l(
        "Slip %(number)s was keyed in before, as %(slip)s. It does not count twice."
    ),
    "production.paper_day_wrong": _l(
        "This day cannot be right: a slip is at most two months old, and not older than the work."
    ),
    "stations.bad_pace": _l("Say how much is woven and on which days the carrier comes."),
    "stations.bad_season": _l("Slower weeks last from one day to a year, and slow something."),
    # accounts
    "accounts.wrong_sign_in": _l(
        "Name and PIN or password do not belong together. Look at both and try again."
    ),
    "accounts.locked": _l(
        "That was wrong too often, so nobody can sign in here for %(minutes)s minutes. "
        "Your social worker can give you a new PIN at once."
    ),
    "accounts.login_taken": _l("Somebody signs in as “%(login)s” already."),
    "accounts.weak_pin": _l(
        "A PIN is %(digits)s digits, not in a row, not all alike and not from your phone number."
    ),
    "accounts.weak_password": _l(
        "A password has %(shortest)s to %(longest)s characters. Three words make a good one."
    ),
    "accounts.wrong_password": _l("That is not your present PIN or password."),
    "accounts.contact_unreadable": _l(
        "This is neither a mobile number of the Chinese mainland nor an e-mail address. From "
        "abroad, take your e-mail address."
    ),
    "accounts.too_many_codes": _l(
        "We have just sent a code, or many were asked for. The next one can leave in "
        "%(minutes)s minutes; the last one is good for ten."
    ),
    "accounts.code_wrong": _l(
        "This code does not fit, or its ten minutes are over. Look at it again, or have a new one "
        "sent."
    ),
    "accounts.contact_taken": _l(
        "Another account is reached by this already. Sign in with it, or take another one."
    ),
    "accounts.too_many_addresses": _l("You keep %(most)s addresses already. Remove one first."),
    "accounts.passkey_refused": _l(
        "This passkey proves nothing here. Try once more, or sign in another way."
    ),
    "accounts.too_many_passkeys": _l("You have %(most)s passkeys already. Remove one first."),
    "accounts.wrong_number": _l(
        "This is not the number that your telephone shows now, nor a recovery code of yours. Each "
        "works once: wait for the next number."
    ),
    "accounts.two_colleagues": _l(
        "This takes two colleagues: one proposes it, another confirms it, and neither of them is "
        "the one whom it is about."
    ),
    "accounts.reset_under_way": _l("This is proposed already. Another colleague confirms it."),
    "accounts.second_colleague": _l(
        "This takes two colleagues: one asks for the new PIN, another is the witness, and neither "
        "of them is the maker herself."
    ),
    "accounts.pin_reset_under_way": _l(
        "A new PIN is asked for already. Another colleague opens it and is her witness."
    ),
    "accounts.no_number": _l(
        "She has no telephone number to sign in with. Her paper slips say the same."
    ),
    "accounts.also_staff": _l(
        "She works at the desk too. Whoever gives out roles gives her a new password."
    ),
    "accounts.pins_differ": _l("The two were not the same. She types the six digits again, twice."),
    "earnings.nothing_to_ask": _l(
        "Nothing small is waiting: what is sure is paid on the next pay day anyway."
    ),
    "production.not_open_then": _l(
        "The room is closed then, or that time is over. Choose one of those shown."
    ),
    "accounts.weak_pictures": _l("Choose four pictures, and not the same one again and again."),
    "accounts.wrong_pictures": _l("Code and pictures do not belong together. Begin again."),
    "accounts.begin_again": _l("What was shown is put away. To see it again, begin with the code."),
    "accounts.exceeds_own": _l("Nobody can give a role that reaches further than her own."),
    # search
    "search.too_few_words": _l("A group needs two words at least, parted by commas."),
    # counter
    "counter.too_little_cash": _l("%(missing)s is missing: %(due)s is due, to the fen."),
    "counter.too_much_cash": _l(
        "%(given)s would mean %(change)s back, more than any note. Look at the sum once more."
    ),
    "counter.wrong_code": _l("This is not the code of this order. Look at it once more."),
    "counter.proof_missing": _l(
        "Type the pick-up code, or tick that you asked for name and phone."
    ),
    "counter.already_paid": _l("The money for this order was taken before. Nothing was taken now."),
    "counter.already_handed_over": _l(
        "These goods were handed over before. They leave the counter only once; the order's page "
        "says when."
    ),
    "counter.not_picked_up": _l("This part is not fetched at the counter; it goes another way."),
    "delivering.money_still_due": _l(
        "The money for order %(number)s has not been taken yet. Take it first, then hand over."
    ),
    "selling.not_paid_here": _l(
        "This order is not paid in cash at the counter. Its page says how it is paid."
    ),
    "orders.not_open": _l(
        "This order is not open for that any more: it was cancelled, or its time has run out."
    ),
    "orders.part_not_open": _l(
        "This part of the order is not at the step where this can be done. Look at it again."
    ),
    # selling: orders, bookings, refunds, past sales
    "exchange.file_refused": _l("Nothing was brought in: %(why)s."),
    "exchange.too_many_files": _l(
        "This workshop has %(most)s uploads lying. Throw some away first."
    ),
    "exchange.wrong_state": _l("This file has moved on meanwhile. Look at it again."),
    "exchange.changed_since": _l(
        "Somebody changed %(codes)s after the last look. Nothing was written."
    ),
    "exchange.has_errors": _l("Rows are wrong, so nothing of the file is written."),
    "import.refused": _l("The file could not be read and nothing was brought in: %(why)s."),
    # funds
    "funds.sum_missing": _l("Write a sum above zero."),
    "funds.name_missing": _l(
        "Write the number, the title and whose money it is; a paper's number."
    ),
    "funds.wrong_period": _l("A project ends on its first day or later."),
    "funds.number_taken": _l("The workshop has another project under this number."),
    "funds.not_yet": _l("This day is not over, or the money has not come yet."),
    "funds.outside_project": _l(
        "The project pays for days of its own period and for members of its own workshop."
    ),
    "funds.nobody_came": _l("Tick at least one day of one member."),
    "funds.day_taken": _l("%(day)s of %(who)s stands on another sheet already."),
    "funds.more_than_left": _l("Of this project's money %(left)s is left, not more."),
    "funds.form_reused": _l("This form was sent before with other content; nothing was changed."),
    "funds.sheet_done": _l("This was decided before; what was decided stands."),
    "funds.other_person": _l(
        "A second person agrees, who did not key it in and is not paid by it."
    ),
    # earnings
    "earnings.nothing_earned": _l("An amount of zero or less is not an earning."),
    "earnings.earning_reused": _l(
        "This work was credited before with another amount; the first one stands."
    ),
    "earnings.wage_stands": _l("Pay for accepted work is never taken back because of a sale."),
    "earnings.reversed_too_much": _l("That is more than was earned with it."),
    "earnings.not_a_period_end": _l("A pay period ends on the 5th or on the 20th."),
    "earnings.period_not_over": _l(
        "This period is not over: what is accepted today is part of it."
    ),
    "earnings.nothing_due": _l("Nobody has anything sure and unpaid in this period."),
    "earnings.two_people": _l("Pay takes two people: whoever prepared it cannot approve it."),
    "earnings.own_pay": _l("Nobody approves or hands out her own pay."),
    "earnings.run_not_approved": _l("A second person has to approve this run before money leaves."),
    "earnings.already_paid": _l("This slip was paid before, in another way or by somebody else."),
    "earnings.nothing_to_pay_out": _l("This sum was carried over; it is in the next run."),
    "earnings.amount_missing": _l("Write a sum above zero."),
    "earnings.reason_needed": _l("Say what it is and why, and name the paper that shows it."),
    "earnings.advance_too_large": _l(
        "At most half of an open order's wage is paid in advance: here at most %(most)s."
    ),
    "earnings.too_much_corrected": _l("No more can be taken back than was written: %(most)s."),
    "earnings.too_long_ago": _l("Nothing older than three months is corrected against a member."),
    "earnings.not_correctable": _l(
        "Only pay for work is corrected here; a share of a sale goes back with the sale."
    ),
    "earnings.adjustment_reused": _l(
        "This form was sent before with other content; the first one stands."
    ),
    "earnings.adjustment_done": _l("This was decided before; what was decided stands."),
    "earnings.hers_to_say": _l("A deduction needs the member's own yes."),
    "earnings.by_transfer_or_cash": _l("An advance is paid to her account or in cash."),
    "earnings.nothing_to_share": _l("Nothing is left of the surplus after the loss of before."),
    "earnings.too_little_by_work": _l(
        "The law wants at least 60 percent of what is shared to go by work: %(least)s."
    ),
    "earnings.nobody_worked": _l("No member of the co-operative has accepted pay in this year."),
    "earnings.year_not_over": _l("The papers are opened once the year is over."),
    "earnings.meeting_too_soon": _l(
        "The papers lie open for fifteen days first: the members can meet from %(first)s on."
    ),
    "earnings.meeting_not_held": _l("What a meeting decides is written down on its day or later."),
    "earnings.not_agreed": _l(
        "More members have to be for it than against it. Otherwise drop the plan."
    ),
    "earnings.year_done": _l("The plan of this year is open, decided or dropped already."),
    "earnings.not_an_account": _l(
        "Write whose account it is, at which bank, and its number of eight digits or more."
    ),
    "earnings.another_name": _l(
        "This account is not in her own name: say whose it is to her and why, and who heard it."
    ),
    "earnings.payee_reused": _l(
        "This form was sent before with other content; nothing was changed."
    ),
    "earnings.payee_done": _l("This was decided before; what was decided stands."),
    "earnings.number_differs": _l(
        "This is not the number that your colleague typed. Compare both with the card."
    ),
    "earnings.witness_missing": _l(
        "Cash needs a witness: somebody who neither pays it nor gets it."
    ),
    # media
    "media.not_a_picture": _l(
        "This is not a picture we can use: it must be a JPEG, PNG or WebP file and nothing else. "
        "Nothing of it was kept."
    ),
    "media.damaged": _l(
        "This picture cannot be read to its end. Take it again or send it once more."
    ),
    "media.too_large": _l(
        "This picture is too large: at most %(megabytes)s MB and %(megapixels)s million pixels. "
        "Choose a smaller size in the camera."
    ),
    "media.moves": _l("This picture moves. Send one that stands still."),
    "media.heic_unread": _l(
        "This is an iPhone's HEIC picture, which this site cannot read. On the phone choose "
        "Settings, Camera, Formats, Most Compatible, and take it again."
    ),
    "media.video_not_taken": _l(
        "This site takes no videos. Send pictures: three good ones say more than a long film."
    ),
    "media.video_too_long": _l(
        "This video is too long: at most %(seconds)s seconds and %(megabytes)s MB."
    ),
    "media.too_many": _l(
        "There are %(most)s pictures already, as many as there can be. Take one off first."
    ),
    "media.words_missing": _l(
        "Say what is seen in both languages: some buyers hear a picture, and some read no Chinese."
    ),
    "media.picture_gone": _l("This picture is not here any more."),
    "media.file_missing": _l("There is no such file."),
    "media.storage_away": _l(
        "The place where pictures lie does not answer just now. Try again in a few minutes."
    ),
    "media.not_made": _l(
        "No copies could be made of this picture: it is too heavy. Send a smaller one."
    ),
    "media.original_lost": _l(
        "This picture was on its way when the site was brought back from a backup. Send it again."
    ),
    # listing
    "listing.pay_not_behind_price": _l(
        "The pay in the price must be what the maker gets: %(due)s, not %(said)s."
    ),
    # oversight
    "oversight.reason_too_short": _l(
        "Say why in %(least)s to %(most)s characters. She can read it on her own pages."
    ),
    # catalog
    "catalog.split_does_not_add_up": _l(
        "The parts do not add up to the price, or one of them is below zero."
    ),
    "catalog.two_people": _l(
        "Whoever wrote a price does not approve it. Ask a second person to look at it."
    ),
    "catalog.already_approved": _l("This price is in force already, or a newer one is."),
    "catalog.not_listable": _l("Something that every listing needs is missing."),
    "catalog.variant_missing": _l("Add at least one size or color before you list this."),
    "catalog.label_missing": _l("Write down material and care before you list this."),
    "catalog.seller_missing": _l("The workshop names no seller of record yet."),
    "catalog.price_missing": _l("Propose a price before you list this."),
    "catalog.code_taken": _l("The code %(code)s, or this size with this color, is there already."),
    "catalog.wrong_state": _l("This listing cannot become that from where it stands now."),
    "catalog.wrong_share": _l(
        "A consignment share lies between 1 and 100 percent; a piece wage has none."
    ),
    # payments
    "payments.declined": _l(
        "The bank turned the payment down. Nothing was charged; try another way."
    ),
    "payments.unreachable": _l(
        "The payment service does not answer just now. We will ask again by ourselves; "
        "please do not pay twice."
    ),
    "payments.nonsense": _l(
        "The payment service did not understand us. Nothing was charged; please tell us."
    ),
    "payments.refund_refused": _l(
        "The payment service will not send this money back. Look at the payment there."
    ),
    "payments.unknown_to_provider": _l("The payment service does not know this payment."),
    "payments.provider_key_reused": _l(
        "This was asked before with another content; the first one stands."
    ),
    "payments.provider_not_connected": _l("Paying online is not connected for this payment."),
    "payments.unreadable_event": _l("This message is not a payment event. Nothing was kept."),
    "payments.bad_signature": _l("This message carries no valid signature. Nothing was kept."),
    "payments.not_found": _l("There is no such payment."),
    "payments.refund_not_found": _l("There is no such refund."),
    "payments.key_reused": _l("This was asked before with another content; the first one stands."),
    "payments.refund_too_large": _l("That is more than is left of this payment to send back."),
    "payments.refund_not_refused": _l(
        "This refund was not refused: it has gone back or is on its way."
    ),
    "payments.refund_taken_up": _l(
        "A colleague gives this money back in another way already. Load the page again."
    ),
    "payments.no_cash_waits": _l(
        "No money waits here for this refund: it was given, or goes another way."
    ),
    "claims.closed": _l("This has gone on meanwhile. Load the page again."),
    "claims.nothing_claimed": _l("Say for how many pieces."),
    "claims.claimed_already": _l(
        "Some of these pieces are in another matter of yours already; %(left)s more can be named."
    ),
    "claims.words_missing": _l("Say in a sentence why."),
    "claims.words_too_long": _l("At most %(most)s characters."),
    "claims.too_late": _l(
        "It came more than a month ago: nothing can be brought forward here any more. Ring us."
    ),
    "claims.not_here_yet": _l(
        "It has not come yet. What has not left can be cancelled on the order’s page."
    ),
    "claims.another_person": _l(
        "You refused this before. Another person of the station looks at it now."
    ),
    "claims.courier_missing": _l("A parcel has a carrier and a number."),
    "payments.no_transfer_awaited": _l(
        "No order of this number waits for a bank transfer. Look at the number once more."
    ),
    "payments.transfer_differs": _l(
        "The order asks for %(asked)s and %(came)s came. Ring the buyer: send the transfer back,"
        " or wait for the right sum."
    ),
    "payments.day_ahead": _l("The day lies before the order, or has not come yet."),
    "payments.transfer_known": _l(
        "A transfer with this number of the bank is written down already."
    ),
    "payments.transfer_taken_up": _l(
        "Another transfer is written down for this order. Take that one back first if it is wrong."
    ),
    "payments.transfer_ended": _l("It was confirmed or taken back meanwhile."),
    "payments.proof_missing": _l(
        "Write down the number of the receipt that the buyer signed, or of the bank’s transfer."
    ),
    "payments.two_people": _l(
        "Two people handle this money: whoever began it does not finish it. Ask a colleague."
    ),
    "payments.not_settled": _l("Nothing has been paid yet, so nothing can go back."),
    "payments.other_reference": _l(
        "The payment service calls this payment by another name. A person must look."
    ),
    "payments.captured_too_much": _l("More was paid than was asked. A person must look."),
    "payments.amount_not_positive": _l("The amount must be more than nothing."),
    # orders, bookings, selling
    "bookings.bad_plan": _l(
        "This date cannot be planned: it lies in the past, or a number in it makes no sense."
    ),
    "bookings.children_alone": _l(
        "Children come with a grown-up. Add an adult or a family ticket."
    ),
    "bookings.instructor_missing": _l("Say first who hosted this session: her fee depends on it."),
    "bookings.nobody_comes": _l("Say how many people come, from 1 to %(most)s."),
    "bookings.not_bookable": _l("This session can no longer be booked."),
    "bookings.not_open": _l("This booking or session has moved on. Look at it again."),
    "bookings.seats_gone": _l("Only %(available)s places are left; %(wanted)s were asked for."),
    "bookings.session_not_over": _l("A session is settled after it has begun."),
    "bookings.slug_taken": _l("Another experience has the address “%(slug)s” already."),
    "orders.bad_count": _l("The number must be between 1 and %(most)s."),
    "orders.cart_full": _l(
        "A cart holds %(most)s different things. Order these first, then go on."
    ),
    "orders.key_reused": _l(
        "This form has made order %(number)s already. For another order, begin again at the cart."
    ),
    "orders.returned_more_than_bought": _l(
        "More would come back than was bought and not yet returned. Look at the order again."
    ),
    "orders.too_many_unpaid": _l(
        "%(most)s orders under this telephone number wait for their money already. Pay one of "
        "them, or wait %(minutes)s minutes until they fall. Your cart is kept."
    ),
    "orders.too_many_unpaid_nearby": _l(
        "%(most)s orders from your network wait for their money already. Try again in %(minutes)s "
        "minutes, or ring us. Your cart is kept."
    ),
    "orders.parcel_not_open": _l(
        "This parcel has moved on meanwhile. The page shows where it is now."
    ),
    "orders.from_the_future": _l("That has not happened yet. Look at the day and the hour."),
    "orders.words_missing": _l("Write what the carrier said, in a few words."),
    "orders.nothing_in_it": _l("Say which pieces go into this parcel: at least one."),
    "orders.pieces_not_here": _l(
        "Of %(title)s only %(left)s still wait here. Look at the order again and count anew."
    ),
    "orders.tracking_missing": _l("A parcel leaves with its carrier and its number. Fill in both."),
    "payments.words_missing": _l("Say what became of it."),
    "payments.settlement_unreadable": _l(
        "The file could not be read (line %(line)s: %(why)s). Nothing was compared."
    ),
    "reconciling.file_known": _l("This very file was compared before."),
    "refunds.already_sent": _l("This has left already. Once it arrives it can be returned."),
    "refunds.not_returnable": _l(
        "This was made to the buyer's wish and cannot come back without a reason."
    ),
    "refunds.nothing_left": _l("Nothing of this is left to give back."),
    "refunds.too_late": _l(
        "It may come back without a reason within seven days of receipt, not before and not after."
    ),
    "refunds.too_late_to_cancel": _l(
        "Seats can be cancelled free of charge until 24 hours before. Call the workshop to "
        "move to another date."
    ),
    "selling.address_missing": _l("A parcel needs a name and an address."),
    "selling.amount_differs": _l(
        "%(captured)s came where %(asked)s was asked. A person must look."
    ),
    # coupons
    "coupons.bad": _l("This coupon would give nothing, give everything, or fit nobody."),
    "coupons.code_taken": _l("Another coupon has this code already. Choose another."),
    "coupons.not_open": _l("This coupon has been decided or ended already."),
    "coupons.own": _l("Whoever wrote a coupon does not approve it. Ask a colleague."),
    "coupons.unknown": _l("We know no coupon with this code."),
    "coupons.used_by_buyer": _l("You have used this coupon already. Take it out of the cart."),
    "coupons.used_up": _l("This coupon has just been used up. Look at the sum and agree again."),
    "selling.not_first_order": _l("This coupon is for a first order. Take it out of the cart."),
    # invoices
    "invoices.not_open": _l("There is nothing left to write for this invoice."),
    "invoices.number_missing": _l("Note the number, at most 40 characters."),
    "invoices.tax_number_wrong": _l(
        "This is no unified social credit code: 18 digits and letters, the last one checks them."
    ),
    "invoices.title_missing": _l("In whose name shall the invoice be?"),
    # delivery
    "delivery.bad_town_days": _l("Between 0 and 14 workdays."),
    "delivery.bad_zone": _l("A zone needs a name, weights up to 50 kg and sums in yuan."),
    "delivery.region_twice": _l("Another zone of the workshop names one of these places already."),
    "selling.cart_empty": _l("There is nothing in the cart."),
    "selling.consent_missing": _l(
        "Something in the cart is made to your wish and cannot come back. Please tick that "
        "you agree."
    ),
    "selling.not_for_sale": _l(
        "“%(title)s” is not on sale any more. Take it out of the cart to go on."
    ),
    "selling.gift_words_too_long": _l("The card has room for %(most)s characters."),
    "selling.not_sent_there": _l(
        "%(workshop)s does not send to this place. Fetch it there, or take it out of the cart."
    ),
    "selling.nothing_left": _l("What was paid for is no longer to be had. The money goes back."),
    "selling.party_refused": _l(
        "“%(title)s”: children come with a grown-up, and somebody has to come."
    ),
    "selling.phone_missing": _l("Please give a telephone number: with it you follow your order."),
    "selling.pick_up_impossible": _l(
        "Not everything in the cart can be picked up or paid there. Have it sent, or order it"
        " apart."
    ),
    "selling.price_changed": _l(
        "The sum is now %(now)s, not %(agreed)s. Look at the cart and agree again; nothing "
        "was ordered."
    ),
    "selling.seller_missing": _l("%(workshop)s has no seller of record yet and cannot sell."),
    "selling.session_closed": _l(
        "“%(title)s” can no longer be booked on this date. Choose another one."
    ),
    "selling.session_full": _l(
        "“%(title)s”: only %(available)s places are left. Choose another date or come with fewer."
    ),
    "selling.sold_out": _l(
        "“%(title)s”: only %(available)s are left; you wanted %(wanted)s. Nothing was ordered."
    ),
    # reviews
    "reviews.not_received_yet": _l("Once it is with you, you can say how it is."),
    "reviews.too_late_to_write": _l(
        "More than half a year has passed since it came; it can no longer be reviewed."
    ),
    "reviews.already_reviewed": _l(
        "Somebody was here before with other words, perhaps you on another page. Load it again."
    ),
    "reviews.cannot_change_now": _l(
        "A review can be changed once, within 14 days, and not while it is hidden."
    ),
    "reviews.bad_stars": _l("Choose one of the five faces."),
    "reviews.nick_taken": _l(
        "Choose another name: up to 20 characters, no telephone number, and not the shop’s own."
    ),
    "reviews.words_missing": _l("Write at least a word."),
    "reviews.words_too_long": _l("At most %(most)s characters, please."),
    "reviews.hiding_under_way": _l("This review is hidden already, or somebody has proposed it."),
    "reviews.two_people": _l(
        "Hiding takes two people: whoever proposed it does not decide. Ask a second one to look."
    ),
    "reviews.hiding_not_open": _l("This has moved on meanwhile. Look at it again."),
    "reviews.question_not_open": _l("Somebody has answered this or set it aside meanwhile."),
    "reviews.no_maker": _l("No one maker is named behind this piece, so no card can reach her."),
    "reviews.already_thanked": _l("Your card for this piece is on its way already."),
    "reviews.card_decided": _l("Somebody has read this card before you."),
    # stock
    "stock.out": _l("Only %(available)s of this can still be had; %(wanted)s were asked for."),
    "stock.bad_quantity": _l("The number of pieces must be between 1 and %(most)s."),
    "stock.not_allocated": _l(
        "This has not been paid for, or the goods fell free meanwhile, so it cannot be sent."
    ),
    "stock.source_reused": _l(
        "These pieces were moved before with other numbers; what was written first stands."
    ),
    "stock.promised_more": _l(
        "%(promised)s pieces are promised to buyers, so the count cannot fall to %(counted)s. "
        "Decide first whose order gives way."
    ),
    # ledger
    "ledger.unbalanced": _l("The books would not balance. Nothing was saved; please tell us."),
    "ledger.entry_reused": _l("This was booked before with other amounts; the first entry stands."),
    "ledger.already_reversed": _l("This entry has been reversed already."),
    # production
    "production.two_people": _l("You set this rate yourself. A second person must approve it."),
    "production.already_approved": _l("This rate is in force already."),
    "production.no_rate": _l(
        "This product has no approved piece rate yet. Set one and let a second person approve it."
    ),
    "production.bad_pieces": _l("The number must be between 1 and %(most)s."),
    "production.not_of_workshop": _l("She does not belong to the workshop that makes this."),
    "production.not_hers": _l(
        "Only she herself can answer this offer. If you speak for her, say so on the form."
    ),
    "production.wrong_step": _l(
        "The work order is not at the step where this can be done. Look at it again."
    ),
    "production.key_reused": _l(
        "This form was sent before with another content; what was sent first stands."
    ),
    "production.too_many_pieces": _l(
        "The work order asks for %(left)s more; %(brought)s were brought. "
        "Write a second work order for the rest."
    ),
    "production.own_work": _l("These pieces are your own work. Somebody else must inspect them."),
    "production.already_inspected": _l(
        "Somebody has inspected these pieces already; what was found stands."
    ),
    "production.pieces_waiting": _l(
        "%(waiting)s pieces of this work order still wait for inspection."
    ),
    "production.count_mismatch": _l(
        "%(handed_in)s pieces were handed in, but the counts add up to %(seen)s."
    ),
    "production.reason_missing": _l(
        "Say in a few words why not every piece passed. The maker reads it."
    ),
}


def words_of(refusal: ShopError) -> str:
    """Return the sentence that tells a person about a refusal, in the page's language."""
    sentence = str(WORDS.get(refusal.code, WORDS["refused"]))
    try:
        return sentence % {name: _said(value) for name, value in refusal.details.items()}
    except (KeyError, ValueError, TypeError):
        log.exception("words do not fit the refusal", code=refusal.code, details=refusal.details)
        return str(WORDS["refused"])


def _said(value: object) -> str:
    if isinstance(value, Remark):
        return remark_said(value)
    return show_money(value) if isinstance(value, Money) else str(value)


@contextmanager
def refusals_on(form: FlaskForm) -> Iterator[None]:
    """Put a refusal's words on the form, so that the page is shown again with every value kept.

    What is not there or not allowed is still answered as a page of its own.
    """
    try:
        yield
    except ShopError as refusal:
        if refusal.status in {403, 404}:
            raise
        g.refusal_status = refusal.status
        form.form_errors.append(words_of(refusal))


def form_status(form: FlaskForm) -> int:
    """Return the status of a page that shows a form again: 200 untouched, else why it came back."""
    if not form.errors:
        return 200
    status: int = g.get("refusal_status", 422)
    return status


def _wants_json() -> bool:
    return request.path.startswith(("/api/", "/hooks/"))


def _answer(
    status: int,
    code: str,
    what: str,
    *,
    title: str,
    todo: str = "",
    refusal: ShopError | None = None,
) -> Response:
    if _wants_json():
        return problem(status=status, code=code, title=title, detail=what, refusal=refusal)
    page = render_template(
        "errors/page.html",
        title=title,
        what=what,
        kept="",
        todo=todo,
        back_url=request.referrer if request.referrer and request.host in request.referrer else "/",
        request_id=g.get("request_id", ""),
    )
    return make_response(page, status)


TITLES = {
    400: _l("This request could not be read"),
    403: _l("Not for your role"),
    404: _l("Not found"),
    405: _l("Not this way"),
    409: _l("Not possible just now"),
    413: _l("Too large"),
    415: _l("Wrong kind of file"),
    422: _l("Please look again"),
    429: _l("Too many tries"),
    500: _l("Something broke on our side"),
}


def _title(status: int) -> str:
    return str(TITLES.get(status, TITLES[400 if status < 500 else 500]))  # noqa: PLR2004 - HTTP's own border


def _refused(refusal: ShopError) -> Response:
    if refusal.status in {401, 403, 404}:
        log.info("refused", code=refusal.code, details=refusal.details, path=request.path)
    return _answer(
        refusal.status,
        refusal.code,
        words_of(refusal),
        title=_title(refusal.status),
        refusal=refusal,
    )


def _strange_host(_: SecurityError) -> Response:
    # Nothing of ours may be linked from here: the name in the request is not one of ours.
    return Response("This site does not answer to that name.\n", 400, mimetype="text/plain")


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    sentences = {
        404: WORDS["not_found"],
        413: _l("What was sent is too large. Nothing was saved."),
        405: _l("This address does not take this kind of request. Nothing was changed."),
    }
    response = _answer(
        status,
        f"http_{status}",
        str(sentences.get(status, _l("The request could not be understood. Nothing was changed."))),
        title=_title(status),
    )
    if status == 405 and error.valid_methods:  # type: ignore[attr-defined]  # noqa: PLR2004 - HTTP's own number
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def _csrf(error: CSRFError) -> Response:
    if isinstance(error, PageTooOld) and _may_be_sent_again():
        page = render_template(
            "errors/send_again.html",
            typed=[pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"],
            # What a file held is gone with the request: it is chosen once more.
            file_fields=sorted({name for name, file in request.files.items() if file.filename}),
            is_signed_out=_is_signed_out(),
        )
        return make_response(page, 400)
    return _answer(
        400,
        "csrf",
        str(_l("This form was open too long or came from elsewhere. Nothing was changed.")),
        title=_title(400),
        todo=str(_l("Go back, load the page again and send the form once more.")),
    )


def _may_be_sent_again() -> bool:
    """Say whether a page may hold what was typed: no secret, and not a book."""
    return (
        bool(request.form)
        # On a maker's pages, often on a borrowed telephone, a code or a picture is a key too.
        and not request.path.startswith("/member")
        and SECRETS.isdisjoint(request.form)
        and sum(len(value) for _, value in request.form.items(multi=True)) <= MOST_TYPED
    )


def _is_signed_out() -> bool:
    mark = getattr(current_app.view_functions[request.endpoint or ""], "access_mark", None)
    return mark is not None and mark.kind != "public" and current_actor().user_id is None


def _too_many(_: RateLimitExceeded) -> Response:
    return _answer(
        429,
        "too_many",
        str(_l("That was tried too often. Nothing was changed.")),
        title=_title(429),
        todo=str(_l("Wait a few minutes and try again.")),
    )


def _broken(error: Exception) -> Response:
    log.error("unexpected", path=request.path, exc_info=error)
    return _answer(
        500,
        "unexpected",
        str(_l("Nothing was saved half. The number below helps us find what happened.")),
        title=_title(500),
    )


def init_app(app: Flask) -> None:
    """Answer every refusal and every fault with a page that says what was kept."""
    app.register_error_handler(ShopError, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(SecurityError, _strange_host)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)
