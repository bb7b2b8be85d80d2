"""Each kind of value takes what it may hold, refuses the rest in a sentence, and reads what it wrote."""

import pytest

from usnd.domain.subscribers.values import (
    Email,
    Kind,
    Language,
    Name,
    TimeZone,
    Truth,
    Whole,
    WrongValue,
    shown,
)

NAME, EMAIL, ZONE, LANGUAGE = Name(100), Email(254), TimeZone(64), Language(("en", "fi"))
PERSIAN = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
"""Ali Reza, written with a zero width non-joiner."""

TAKEN: tuple[tuple[Kind, str, object], ...] = (
    (Truth(), "true", True),
    (Truth(), "false", False),
    (Whole(1, 1000), "1", 1),
    (Whole(1, 1000), "1000", 1000),
    (Whole(0, 5), "0", 0),
    (LANGUAGE, "fi", "fi"),
    (ZONE, "UTC", "UTC"),
    (ZONE, "Europe/London", "Europe/London"),
    (ZONE, "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    (ZONE, "Etc/GMT+5", "Etc/GMT+5"),
    (NAME, "  Ann Miller ", "Ann Miller"),
    (NAME, "'t Hooft-O\u2019Neill", "'t Hooft-O\u2019Neill"),
    (NAME, "Zoe\u0308", "Zo\xeb"),  # composed
    (NAME, "山田\u3000太郎", "山田\u3000太郎"),
    (NAME, "محمد", "محمد"),
    (NAME, PERSIAN, PERSIAN),
    (NAME, "ක්\u200dෂිත", "ක්\u200dෂිත"),
    (NAME, "Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
    (NAME, "x" * 100, "x" * 100),
    (EMAIL, "ann@example.com", "ann@example.com"),
    (EMAIL, "a.b+c_d'e@mail.example.co.uk", "a.b+c_d'e@mail.example.co.uk"),
    (EMAIL, "jos\xe9@ex\xe4mple.com", "jos\xe9@ex\xe4mple.com"),
    (EMAIL, "用户@例え.テスト", "用户@例え.テスト"),
    (EMAIL, f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    (EMAIL, f"a@{'b' * 63}.com", f"a@{'b' * 63}.com"),
)

REFUSED: tuple[tuple[Kind, str, str], ...] = (
    (Truth(), "True", "neither true nor false"),
    (Truth(), "1", "write true or false"),
    (Whole(1, 1000), "0", "write a whole number from 1 to 1000"),
    (Whole(1, 1000), "1001", '"1001" is not taken'),
    (Whole(1, 1000), "007", "whole number"),
    (Whole(1, 1000), "-1", "whole number"),
    (Whole(1, 1000), "1.0", "whole number"),
    (Whole(1, 1000), " 1", "whole number"),
    (Whole(1, 1000), "1\n", "whole number"),
    (Whole(1, 1000), "\u0661", "whole number"),  # a digit of another script
    (Whole(1, 1000, ", or nothing"), "9" * 12, "from 1 to 1000, or nothing"),
    (LANGUAGE, "EN", '"EN" is not taken: write a language of this node: en, fi$'),
    (LANGUAGE, "zz", '"zz" is not taken'),
    (LANGUAGE, "en\n", "is not taken"),
    (ZONE, "london", "as Europe/London"),
    (ZONE, "Europe/", "no time zone"),
    (ZONE, "../../etc/passwd", "no time zone"),
    (ZONE, "Factory", "no time zone"),
    (ZONE, "localtime", "no time zone"),
    (ZONE, f"A/{'b' * 64}", "no time zone"),
    (NAME, " ", "only blanks"),
    (NAME, "\u3000", "only blanks"),
    (NAME, "x" * 101, "it has 101 characters: write a name of at most 100"),
    (NAME, "\u0308x", "U\\+0308, which belongs to a letter before it"),
    (NAME, "\u200dx", "U\\+200D, which belongs"),
    (NAME, "Ann\x1b[31m", "U\\+001B"),
    (NAME, "Ann\u202eelliM", "turns the line \\(U\\+202E\\)"),
    (NAME, "Ann\u2066x", "U\\+2066"),
    (NAME, "Ann\nMiller", "U\\+000A"),
    (NAME, "Ann\u2028Miller", "U\\+2028"),
    (NAME, "Ann\ud800", "U\\+D800"),
    (NAME, "Ann\ue000", "U\\+E000"),
    (NAME, "Ann\uffff", "U\\+FFFF"),
    (EMAIL, "ann", "no mail address: write one mail address, as ann@example.com"),
    (EMAIL, "@example.com", "no mail address"),
    (EMAIL, "ann@", "no mail address"),
    (EMAIL, "ann@example", "no mail address"),
    (EMAIL, "ann@192.0.2.1", "no mail address"),
    (EMAIL, "ann@example..com", "no mail address"),
    (EMAIL, "ann@-example.com", "no mail address"),
    (EMAIL, "ann@exa_mple.com", "no mail address"),
    (EMAIL, ".ann@example.com", "no mail address"),
    (EMAIL, "a..b@example.com", "no mail address"),
    (EMAIL, "a<b@example.com", "no mail address"),
    (EMAIL, "a@b@example.com", "no mail address"),
    (EMAIL, "ann@example.com,bob@example.com", "no mail address"),
    (EMAIL, "ann @example.com", "there is a blank in it"),
    (EMAIL, "ann@example.com\r\nBcc: x", "U\\+000D"),
    (EMAIL, "ann\u202e@example.com", "U\\+202E"),
    (EMAIL, "a\u200db@example.com", "U\\+200D"),
    (EMAIL, f"{'a' * 65}@example.com", "no mail address"),
    (EMAIL, f"a@{'b' * 64}.com", "no mail address"),
    (EMAIL, "a@" + 63 * "\xfc" + ".com", "no mail address"),
    (EMAIL, f"a@{'.'.join(['b' * 60] * 5)}", "no mail address"),
    (EMAIL, f"{'a' * 60}@{'.'.join(['b' * 48] * 4)}.com", "longer than mail carries"),
)


@pytest.mark.parametrize(("kind", "text", "value"), TAKEN)
def test_what_may_stand_there_is_read_and_written_back(kind: Kind, text: str, value: object) -> None:
    assert kind.parse(text) == value
    assert kind.parse(kind.written(value)) == value


@pytest.mark.parametrize(("kind", "text", "sentence"), REFUSED)
def test_what_may_not_is_refused_in_a_sentence_that_a_terminal_can_show(
    kind: Kind, text: str, sentence: str
) -> None:
    with pytest.raises(WrongValue, match=sentence) as refused:
        kind.parse(text)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("kind", [Truth(), Whole(1, 2), NAME, EMAIL, LANGUAGE, ZONE])
def test_every_kind_says_what_to_write(kind: Kind) -> None:
    assert kind.words


def test_what_is_shown_is_short_and_holds_nothing_that_turns_a_line() -> None:
    assert shown("a\u202eb\x07") == '"a<U+202E>b<U+0007>"'
    assert len(shown("x" * 500)) == 42
