from __future__ import annotations

from shop.kernel import passwords

# As Flask-Security made them when it was in the house.
OLD = (
    "$argon2id$v=19$m=65536,t=3,p=4$i7H2vrf23lsrRcjZW+tdaw$"
    "Ql62MCkP2KI8HpSXUWrLi3Fm0Th3cpCjPfHxJiAUspE"
)


def test_what_is_kept_says_nothing_and_fits_its_own_password_only():
    kept = passwords.hashed("织布 by lamplight")
    assert "lamplight" not in kept
    assert passwords.hashed("织布 by lamplight") != kept
    assert passwords.fits("织布 by lamplight", kept)
    assert not passwords.fits("织布 by daylight", kept)


def test_passwords_kept_before_still_open():
    assert passwords.fits("a long 密码 indeed", OLD)
    assert not passwords.fits("", OLD)


def test_what_is_no_hash_opens_for_nobody():
    assert not passwords.fits("x", "x")
    assert not passwords.fits("", "")
