"""A pseudonym is stable, keyed and reads as a number; of others' records only the erased number goes."""

import re

from usnd.domain.billing.fields import BY_NAME, value_trouble
from usnd.domain.subscribers.credentials import CredentialKey
from usnd.domain.subscribers.erasure import PREFIX, Parties, pseudonym, pseudonymised

KEY, OTHER_KEY = CredentialKey(bytes(32)), CredentialKey(bytes(31) + b"\1")
ANN, BOB = "+447700900001", "+447700900002"


def test_a_pseudonym_is_stable_and_keyed() -> None:
    one = pseudonym(KEY, ANN)
    assert re.fullmatch(r"\+999\d{11}", one)
    assert one == pseudonym(KEY, ANN) == pseudonym(KEY, one), "also of itself"
    assert len({one, pseudonym(KEY, BOB), pseudonym(OTHER_KEY, ANN)}) == 3
    assert pseudonym(KEY, "") == "", "who withheld the number has none"


def test_a_file_may_have_one() -> None:
    for name in ("cli", "dnis"):
        assert value_trouble(BY_NAME[name], pseudonym(KEY, ANN)) is None


def test_of_their_own_records_both_numbers_go_and_of_others_one() -> None:
    ann, bob = pseudonym(KEY, ANN), pseudonym(KEY, BOB)
    assert pseudonymised(KEY, Parties(1, ANN, BOB), ANN, {1}) == Parties(1, ann, bob)
    assert pseudonymised(KEY, Parties(2, BOB, ANN), ANN, {1}) == Parties(2, BOB, ann)
    assert pseudonymised(KEY, Parties(2, BOB, BOB), ANN, {1}) == Parties(2, BOB, BOB)
    assert ann.startswith(PREFIX)
