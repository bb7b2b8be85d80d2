"""Words lose the marks around them; pieces of digits stay together."""

import pytest

from usnd.domain.sms.words import (
    Word,
    left_of,
    members_of,
    names_of,
    person_of,
    piece_of,
    unquoted,
    words_in,
)


def known(name: str) -> bool:
    return name in ("Al.", "Golf!", "Team.")


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("bob", "bob"),
        ("bob.", "bob"),
        ("\u201cbob\u201d", "bob"),
        ("\u00abbob\u00bb!", "bob"),
        ("O'Neil", "O'Neil"),
        ("A.B", "A.B"),
        ("bob_", "bob_"),
        ("\u0938\u0940\u0924\u093e", "\u0938\u0940\u0924\u093e"),
        ("\U0001f600", ""),
        ("\U0001faea", ""),
        ("3\u20e3", "3"),
        ("...", ""),
        ("?", ""),
        ("-", ""),
        ("-Golf", "-Golf"),
        ('-"Golf"', "-Golf"),
        ('"-Golf"', "-Golf"),
        ("-3", "3"),
        ("+3", "+3"),
        ("(+3)", "+3"),
        ("a\x00", "a\x00"),
        ("\x00", "\x00"),
        ("$5", "5"),
        ("#IC", "IC"),
    ],
)
def test_marks_around_a_word_are_not_part_of_it(written: str, bare: str) -> None:
    assert words_in(written) == (Word(written, bare),)


def test_commas_and_marks_are_words_of_their_own_and_lines_are_counted() -> None:
    assert words_in("IC bob,ann;\ndave \n \n . x :-) <3") == (
        Word("IC", "IC"),
        Word("bob", "bob"),
        Word(",", ""),
        Word("ann", "ann"),
        Word(",", ""),
        Word("dave", "dave", 1),
        Word(".", "", 2),
        Word("x", "x"),
    )


def test_a_name_may_end_in_a_mark_if_there_is_one() -> None:
    assert names_of(words_in("Al. Golf! Bob. ! Team"), known) == ("Al.", "Golf!", "Bob", "Team")


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("bob ann", ("bob", "ann")),
        ("0170 1234567", ("0170 1234567",)),
        ("(0170) 123-4567 bob", ("0170 123-4567", "bob")),
        ("0170 - 123 / 4567", ("0170 123 4567",)),
        ("0170, 1234567, bob", ("0170, 1234567", "bob")),
        ("0170,, 12", ("0170, 12",)),
        ("bob, 0170", ("bob", "0170")),
        ("0170 & 0171", ("0170", "0171")),
        ("bob + 0170 12", ("bob", "+ 0170 12")),
        ("+, 0170", ("0170",)),
        ("bob + ann +", ("bob", "ann")),
        ("\u0660\u0661 \uff12", ("01 2",)),
        ("1st 2", ("1st", "2")),
        ("", ()),
    ],
)
def test_pieces_of_digits_are_one_word(text: str, members: tuple[str, ...]) -> None:
    assert members_of(words_in(text), known) == members


@pytest.mark.parametrize(
    ("written", "last", "name"),
    [
        ("Bert", False, "Bert"),
        ("Bert.", False, "Bert."),
        ("Bert.", True, "Bert"),
        (".Lee", False, ".Lee"),
        (".Lee.", False, ".Lee"),
        ("..Lee", True, "..Lee"),
        ("Ann.Lee.", False, "Ann.Lee"),
        (".", False, "."),
        ("\u201cAnn.Lee\u201d", False, "Ann.Lee"),
        ("Al.", False, "Al."),
        ("Team.", True, "Team."),
    ],
)
def test_a_dot_at_the_end_of_a_persons_name_counts_but_at_the_end_of_the_text(
    written: str, name: str, *, last: bool
) -> None:
    assert person_of(*words_in(written), known, last=last) == name


def test_the_group_behind_its_sign() -> None:
    assert [left_of(word, known) for word in words_in("-Team. -Bob. -\u201cX\u201d")] == ["Team.", "Bob", "X"]


@pytest.mark.parametrize(
    ("written", "piece"), [("07700", "07700"), ("+44(0)77", "+44(0)77"), ("bob", ""), ("3x", "")]
)
def test_a_piece_of_a_number(written: str, piece: str) -> None:
    assert piece_of(*words_in(written)) == piece


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        (' "SB bob: hi" ', "SB bob: hi"),
        ('"SB bob: say "hi""', 'SB bob: say "hi"'),
        ('"SB bob: say "hi"', '"SB bob: say "hi"'),
        ("\u201cSB bob: say \u201chi\u201d\u201d", "SB bob: say \u201chi\u201d"),
        ("\u201cSB\u201d bob: say \u201chi", "\u201cSB\u201d bob: say \u201chi"),
        ("\u201eIC bob\u201c", "IC bob"),
        ("\u00abIC bob", "\u00abIC bob"),
        ('"', '"'),
        ("", ""),
        ("IC bob", "IC bob"),
    ],
)
def test_one_pair_of_quotes_around_all_is_taken_away(body: str, inner: str) -> None:
    assert unquoted(body) == inner
