from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shop.earnings.surplus import MemberAccount, Share, parted, shares
from shop.kernel.money import Money, total

# domain.md 5 E17
WANG, LI, CHEN, LIU = 1, 2, 3, 4
PATRONAGE = {
    WANG: Money(1_423_860),
    LI: Money(987_030),
    CHEN: Money(612_045),
    LIU: Money(377_065),
}
ACCOUNTS = {
    member: MemberAccount(Money(50_000), Money(reserve), Money(100_000))
    for member, reserve in ((WANG, 31_020), (LI, 21_540), (CHEN, 13_305), (LIU, 8_135))
}


def test_the_worked_example_holds_to_the_fen():
    parts = parted(
        Money(1_860_000), old_loss=Money(60_000), reserve_percent=10, patronage_percent=70
    )

    assert parts.reserve == Money(180_000)
    assert parts.distributable == Money(1_620_000)
    assert (parts.by_patronage, parts.by_accounts) == (Money(1_134_000), Money(486_000))
    assert (parts.least_by_patronage, parts.is_lawful) == (Money(972_000), True)
    assert total([one.together for one in ACCOUNTS.values()]) == Money(674_000)
    assert shares(parts, patronage=PATRONAGE, accounts=ACCOUNTS) == {
        WANG: Share(Money(474_899), Money(130_528), Money(75_381)),
        LI: Share(Money(329_204), Money(123_692), Money(52_255)),
        CHEN: Share(Money(204_135), Money(117_754), Money(32_402)),
        LIU: Share(Money(125_762), Money(114_026), Money(19_962)),
    }
    together = [
        one.together.minor for one in shares(parts, patronage=PATRONAGE, accounts=ACCOUNTS).values()
    ]
    assert together == [605_427, 452_896, 321_889, 239_788]


def test_less_than_sixty_percent_by_work_is_not_lawful_and_a_loss_shares_nothing():
    def of(percent):
        return parted(
            Money(1_860_000), old_loss=Money(60_000), reserve_percent=10, patronage_percent=percent
        )

    assert of(60).is_lawful
    assert not of(59).is_lawful
    for old_loss in (1_860_000, 2_000_000):
        assert (
            parted(
                Money(1_860_000),
                old_loss=Money(old_loss),
                reserve_percent=10,
                patronage_percent=70,
            )
            is None
        )


def test_where_no_account_holds_anything_the_rest_goes_by_work():
    parts = parted(Money(10_000), old_loss=Money(0), reserve_percent=0, patronage_percent=60)

    found = shares(parts, patronage={1: Money(300), 2: Money(100)}, accounts={})

    assert [one.share.minor for one in found.values()] == [3000, 1000]
    assert shares(parts, patronage={}, accounts={}) == {}


@given(
    surplus=st.integers(1, 10**9),
    old_loss=st.integers(0, 10**8),
    reserve=st.integers(0, 100),
    patronage=st.integers(60, 100),
    members=st.lists(
        st.tuples(st.integers(0, 10**8), st.integers(0, 10**7), st.integers(0, 10**7)),
        min_size=1,
        max_size=30,
    ),
)
def test_no_fen_is_made_or_lost_and_nobody_pays_in(surplus, old_loss, reserve, patronage, members):
    parts = parted(
        Money(surplus),
        old_loss=Money(old_loss),
        reserve_percent=reserve,
        patronage_percent=patronage,
    )
    if parts is None:
        return
    found = shares(
        parts,
        patronage={place: Money(work) for place, (work, _, _) in enumerate(members)},
        accounts={
            place: MemberAccount(Money(capital), Money(held), Money(0))
            for place, (_, capital, held) in enumerate(members)
        },
    ).values()

    assert parts.old_loss + parts.reserve + parts.distributable == parts.surplus
    assert total([one.refund for one in found]) == parts.by_patronage
    assert total([one.share for one in found]) == parts.by_accounts
    assert total([one.new_reserve for one in found]) == parts.reserve
    assert all(min(one.refund, one.share, one.new_reserve) >= Money(0) for one in found)
    assert parts.is_lawful
