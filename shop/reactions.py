"""What happens after something happened: event, and who follows. Read it like a contents page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shop.accounts.events import CodeForgotten
from shop.bookings.events import SessionCancelled
from shop.claims.events import ClaimMoved
from shop.earnings.events import AdjustmentProposed, PayeeDecided, PayRunApproved
from shop.kernel.events import Event, Reaction
from shop.notifications import services as notifications
from shop.orders.events import (
    CashOffered,
    MoneyGoesBack,
    OrderCancelled,
    OrderCompleted,
    OrderExpired,
    OrderPaid,
    OrderPlaced,
    ParcelMoved,
    ParcelRenumbered,
    PartPacked,
    RefundSettled,
)
from shop.payments import services as payments
from shop.payments.events import DemoEventEmitted, ProviderEventReceived
from shop.reviews.events import (
    AskerForgotten,
    HidingUpheld,
    QuestionAnswered,
    ReviewAnswered,
    ReviewHidden,
    ReviewShownAgain,
)
from shop.stations.events import PlaceRenamed, WorkshopFounded
from shop.workflows import finding, passing_on, selling
from shop.workflows.events import BuyerForgotten

# Outside programs hear of some kinds while any of them wants to.
LISTENER = passing_on.LISTENER

REACTIONS: Mapping[type[Event], Sequence[Reaction]] = {
    ProviderEventReceived: (selling.apply_provider_event,),
    DemoEventEmitted: (payments.deliver_demo_event,),
    OrderPlaced: (notifications.tell_order_placed,),
    OrderPaid: (notifications.tell_order_paid,),
    OrderExpired: (notifications.tell_order_expired,),
    OrderCancelled: (notifications.tell_order_cancelled,),
    PartPacked: (notifications.tell_part_ready,),
    MoneyGoesBack: (notifications.tell_refund_comes,),
    RefundSettled: (notifications.tell_refunded,),
    SessionCancelled: (notifications.tell_session_cancelled,),
    PayRunApproved: (notifications.tell_pay_ready,),
    PayeeDecided: (notifications.tell_account_changed,),
    AdjustmentProposed: (notifications.tell_deduction_asked,),
    CashOffered: (notifications.tell_cash_waits,),
    ClaimMoved: (notifications.tell_claim_moved,),
    ParcelMoved: (notifications.tell_parcel_moved,),
    ParcelRenumbered: (notifications.tell_parcel_renumbered,),
    OrderCompleted: (notifications.ask_how_it_is,),
    ReviewAnswered: (notifications.tell_review_answered,),
    ReviewHidden: (notifications.tell_review_hidden,),
    HidingUpheld: (notifications.tell_hiding_ended,),
    ReviewShownAgain: (notifications.tell_hiding_ended,),
    QuestionAnswered: (notifications.tell_question_answered,),
    BuyerForgotten: (notifications.forget_buyer,),
    CodeForgotten: (notifications.forget_code,),
    AskerForgotten: (notifications.forget_asker,),
    WorkshopFounded: (finding.enter_workshop,),
    PlaceRenamed: (finding.call_by_new_name,),
}
