"""Which kept pages an event makes stale. Read it like a contents page.

A page says by tags what it shows; an event says by the same tags what has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from shop.accounts import events as accounts
from shop.bookings import events as bookings
from shop.bookings import queries as bookings_now
from shop.catalog import events as catalog
from shop.claims import events as claims
from shop.coupons import events as coupons
from shop.delivery import events as delivery
from shop.earnings import events as earnings
from shop.exchange import events as exchange
from shop.funds import events as funds
from shop.invoices import events as invoices
from shop.kernel.events import Event
from shop.kernel.freshness import EVERYTHING
from shop.media import events as media
from shop.media.rules import Subject
from shop.notifications import events as notifications
from shop.orders import events as orders
from shop.oversight import events as oversight
from shop.payments import events as payments
from shop.production import events as production
from shop.programs import events as programs
from shop.reviews import events as reviews
from shop.search import events as search
from shop.shelves import events as shelves
from shop.stations import events as stations
from shop.stock import events as stock
from shop.stock import queries as stock_now
from shop.workflows import events as workflows

# Every list of goods: shelves, search, the front page.
GOODS = "goods"
# Every curated shelf, and the first page that shows one.
SHELVES = "shelves"
# Every list of workshops and of who sells.
WORKSHOPS = "workshops"
# Every list of experiences and of their dates.
EXPERIENCES = "experiences"


def product(product_id: int) -> str:
    """Return the tag of one product's own page."""
    return f"product:{product_id}"


def variant(variant_id: int) -> str:
    """Return the tag of how many pieces of one variant pages show as free."""
    return f"variant:{variant_id}"


def room(station_id: int | None) -> str:
    """Return the tag of all that the workshops of one room show: goods, makers, words."""
    return f"room:{station_id}"


def queue(station_id: int) -> str:
    """Return the tag of the work that waits at a room: what is made first is promised after it."""
    return f"queue:{station_id}"


def session(session_id: int) -> str:
    """Return the tag of how many seats of one session pages show as free."""
    return f"session:{session_id}"


def _goods(event: Any, station_id: int | None) -> Iterable[str]:
    return (GOODS, product(event.product_id), room(station_id))


def _picture(event: media.PictureReady, station_id: int | None) -> Iterable[str]:
    if event.subject == Subject.PRODUCT:
        return (GOODS, product(event.subject_id), room(station_id))
    return (f"{event.subject}:{event.subject_id}", room(station_id))


def _count(event: stock.ShownCountChanged, _: int | None) -> Iterable[str]:
    shown = variant(event.variant_id)
    return (shown, GOODS) if event.came_or_went else (shown,)


def _seats(event: Any, _: int | None) -> Iterable[str]:
    return (session(event.session_id),)


def _dates(event: Any, _: int | None) -> Iterable[str]:
    return (EXPERIENCES, session(event.session_id))


def _maker(_: object, station_id: int | None) -> Iterable[str]:
    return (GOODS, room(station_id))


def _rating(event: Any, _: int | None) -> Iterable[str]:
    return (GOODS, product(event.product_id))  # cards carry the average


def _words(event: Any, _: int | None) -> Iterable[str]:
    return (product(event.product_id),)


STALE: Mapping[type[Event], Callable[[Any, int | None], Iterable[str]]] = {
    catalog.ShelfAdded: lambda _e, _at: (GOODS,),
    catalog.ProductListed: _goods,
    catalog.ProductHidden: _goods,
    catalog.PriceApproved: _goods,
    catalog.TextsChanged: _goods,
    catalog.VariantsAdded: _goods,
    catalog.SizeOffered: _goods,
    catalog.AddressChanged: _goods,
    catalog.PhotosChanged: _goods,
    catalog.ProductSorted: _goods,
    production.PiecesCoded: lambda event, _at: (product(event.product_id),),
    media.PictureReady: _picture,
    stock.ShownCountChanged: _count,
    shelves.ShelfPutUp: lambda _e, _at: (SHELVES,),
    shelves.ShelfChanged: lambda _e, _at: (SHELVES,),
    stations.PlacesChanged: lambda _e, _at: (EVERYTHING,),
    stations.PlaceRenamed: lambda _e, _at: (EVERYTHING,),
    search.SynonymsChanged: lambda _e, _at: (GOODS,),
    stations.WorkshopFounded: lambda _e, at: (WORKSHOPS, room(at)),
    stations.WorkshopDescribed: lambda _e, at: (WORKSHOPS, room(at)),
    stations.ShippingShown: lambda _e, at: (room(at),),
    stations.PaceChanged: lambda _e, at: (GOODS, room(at)),
    stations.MemberJoined: _maker,
    stations.ConsentGiven: _maker,
    stations.ConsentWithdrawn: _maker,
    orders.QueueChanged: lambda event, _at: (queue(event.station_id),),
    bookings.ExperienceCreated: lambda _e, at: (EXPERIENCES, room(at)),
    bookings.SessionPlanned: _dates,
    bookings.SessionCancelled: _dates,
    bookings.SessionSettled: _dates,
    bookings.ShownSeatsChanged: _seats,
    reviews.ReviewPublished: _rating,
    reviews.ReviewEdited: _rating,
    reviews.ReviewPictured: _words,
    reviews.ReviewAnswered: _words,
    reviews.ReviewHidden: _words,
    reviews.ReviewShownAgain: _words,
    reviews.QuestionAnswered: _words,
}

# When the clock alone changes what a tag shows. Midnight counts for every page.
ENDINGS: Mapping[str, sa.Select[Any]] = {
    GOODS: stock_now.NEXT_FALL,
    "variant": stock_now.NEXT_FALL_OF_VARIANTS,
    EXPERIENCES: bookings_now.NEXT_START,
    "session": bookings_now.NEXT_FALL_OF_SESSIONS,
}

# What these change no page of the public says; stock and seats have events of their own.
NOT_PUBLIC: frozenset[type[Event]] = frozenset(
    {
        accounts.UserCreated,
        accounts.RoleGranted,
        accounts.GrantEnded,
        accounts.PasswordChanged,
        accounts.UserSwitchedOff,
        accounts.SignedInOnDevice,
        accounts.AccountLocked,
        accounts.AccountClosed,
        accounts.BuyerContactProven,
        accounts.CodeForgotten,
        accounts.DataExported,
        accounts.PasskeyAdded,
        accounts.PasskeyRemoved,
        accounts.SecondFactorSet,
        accounts.RecoveryCodeUsed,
        accounts.SecondFactorReset,
        accounts.FactorResetProposed,
        accounts.FactorResetDropped,
        accounts.PicturesSet,
        accounts.ShownOnBorrowed,
        accounts.PinResetAsked,
        accounts.PinGivenAnew,
        accounts.PinResetDropped,
        workflows.BuyerForgotten,
        bookings.GuestsCheckedIn,
        catalog.PriceProposed,
        exchange.CatalogReceived,
        exchange.CatalogWritten,
        claims.ClaimOpened,
        claims.ClaimMoved,
        coupons.CouponProposed,
        coupons.CouponApproved,
        coupons.CouponRefused,
        coupons.CouponEnded,
        delivery.DeliveryTermsChanged,
        invoices.InvoiceWritten,
        invoices.RedLetterWritten,
        earnings.Earned,
        earnings.PayAsked,
        earnings.AdjustmentProposed,
        earnings.AdjustmentDecided,
        earnings.AdvancePaid,
        earnings.PayRunPrepared,
        earnings.PayRunApproved,
        earnings.PayRunReviewed,
        earnings.TransferSent,
        earnings.TransferReturned,
        earnings.PayRunSentBack,
        earnings.PaidOut,
        media.PictureRefused,
        notifications.SendingTriedAgain,
        notifications.LeftToPerson,
        notifications.ToldInPerson,
        notifications.SendingGivenUp,
        orders.OrderPlaced,
        orders.OrderPaid,
        orders.OrderExpired,
        orders.OrderCancelled,
        orders.OrderImported,
        orders.PartPacked,
        orders.PartShipped,
        orders.ParcelMoved,
        orders.ParcelRenumbered,
        orders.PartReceived,
        orders.OrderCompleted,
        orders.MoneyGoesBack,
        orders.RefundSettled,
        orders.RefundRefused,
        orders.RefundTriedAgain,
        orders.CashOffered,
        orders.CashOfferEnded,
        orders.DisputeOpened,
        orders.DisputeAnswered,
        orders.DisputeWon,
        orders.DisputeLost,
        orders.UnmatchedReturnClosed,
        orders.NoReturnAgreed,
        oversight.PersonLookedAt,
        payments.ProviderEventReceived,
        payments.ProviderEventReviewed,
        payments.DifferenceClosed,
        payments.DemoEventEmitted,
        payments.TransferSeen,
        payments.TransferConfirmed,
        payments.TransferTakenBack,
        production.RateSet,
        production.RateApproved,
        production.WorkOffered,
        production.WorkAccepted,
        production.WorkDeclined,
        earnings.YearDrawnUp,
        earnings.YearOpened,
        earnings.YearDecided,
        earnings.PayeeProposed,
        earnings.PayeeDecided,
        earnings.BankListTaken,
        earnings.WageRecordTaken,
        funds.ProjectOpened,
        funds.FundReceived,
        funds.FundReceiptWithdrawn,
        funds.AllowanceProposed,
        funds.AllowanceDecided,
        production.WorkClosed,
        production.MaterialIssued,
        production.SlipsPrinted,
        production.AppealSaid,
        production.AppealDecided,
        production.ComingSaid,
        production.ComingEnded,
        production.HandInCounted,
        production.HandInInspected,
        programs.ProgramEntered,
        programs.ProgramEnded,
        programs.TokenMade,
        programs.TokenRevoked,
        programs.HookOpened,
        programs.HookChanged,
        reviews.HidingProposed,
        reviews.HidingDropped,
        reviews.HidingObjected,
        reviews.HidingUpheld,
        reviews.BuyerFollowedUp,
        reviews.QuestionAsked,
        reviews.QuestionSetAside,
        reviews.AskerForgotten,
        reviews.MakerThanked,
        reviews.ThanksDecided,
        stock.StockCorrected,
        workflows.CashTaken,
        workflows.HandedOver,
    }
)
