"""Files as Outlook, iOS, Google, Android and people with a spreadsheet write them; and bad ones."""

import pytest

from usnd.domain.contacts import contact as bounds
from usnd.domain.contacts import csv_file, vcard_file, vcard_lines
from usnd.domain.contacts.contact import Contact, FileFault, FileProblem
from usnd.domain.contacts.contact_file import Kind, read, written
from usnd.domain.contacts.export import Exported
from usnd.domain.directory.model import User

OUTLOOK_EN = (
    '"Title","First Name","Middle Name","Last Name","Company","Business Fax","Business Phone","Home Phone",'
    '"Mobile Phone","Government ID Number","Assistant\'s Phone","Categories","Notes"\r\n'
    '"","Ann","M.","Stone","","020 7946 0001","020 7946 0002","","07700 900001","4711","020 7946 0003",'
    '"Red Team;Tennis","two\r\nlines, with a comma"\r\n'
    '"","","","","Taxi Berlin","","+49 30 210101","","","","","",""\r\n'
)
OUTLOOK_DE = (
    "Anrede;Vorname;Nachname;Firma;Telefon gesch\u00e4ftlich;Telefon privat;Mobiltelefon;Fax privat;"
    "Kategorien\r\n"
    ";J\u00f6rg;M\u00fcller;;030 123456;;0170 1234567;030 999;Gesch\u00e4ftlich;Privat\r\n"
)
GOOGLE = (
    "First Name,Middle Name,Last Name,Nickname,Organization Name,Labels,Phone 1 - Label,Phone 1 - Value,"
    "Phone 2 - Label,Phone 2 - Value\n"
    "Zo\u00eb,,Smith,zo,,Friends ::: * myContacts,Work Fax,+44 20 7946 0001,Mobile,"
    "+44 7700 900002 ::: +44 7700 900003\n"
)
GOOGLE_OLD = (
    "Name,Given Name,Family Name,Group Membership,Phone 1 - Type,Phone 1 - Value\n"
    "Zo\u00eb Smith,Zo\u00eb,Smith,* myContacts ::: Friends,Mobile,07700 900002\n"
)
SHEET = "sep=;\r\nKurzname;Nummer;Gruppen\r\nbob;'+447700900001;'=Golf, Alle\r\n;;\r\n"
IOS = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 17.4.1//EN\r\nN:Smith;Zo\u00eb;;;\r\n"
    "FN:Zo\u00eb Smith\r\nitem1.TEL;type=pref:+44 20 7946 0001\r\nitem1.X-ABLabel:_$!<Mobile>!$_\r\n"
    "TEL;type=HOME;type=VOICE:020 7946 0002\r\nTEL;type=HOME;type=FAX:020 7946 0003\r\n"
    "item2.ADR;type=HOME:;;1 Road;Town;;;\r\n"
    "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEB\r\n"
    " AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\r\n\r\n"
    "NOTE:a long line that is fol\r\n ded\r\nEND:VCARD\r\n"
)
ICLOUD_GROUP = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Team;;;;\r\nFN:Team\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n"
    "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1\r\nEND:VCARD\r\n"
)
OUTLOOK_21 = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;LANGUAGE=de;CHARSET=Windows-1252:M\xfcller;J\xf6rg\r\n"
    b"FN;CHARSET=Windows-1252:J\xf6rg M\xfcller\r\nTEL;WORK;VOICE:(030) 123456\r\n"
    b"TEL;CELL;VOICE:0170 1234567\r\n"
    b"LABEL;WORK;ENCODING=QUOTED-PRINTABLE:Stra=DFe 1=0D=0A=\r\nBerlin\r\nEND:VCARD\r\n"
)
ANDROID_21 = (
    b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=C3=BC=6C=6C=65=72;=\n"
    b"=4A=C3=B6=72=67;;;\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4A=C3=B6=72=67\nTEL;CELL;PREF:01701234567\n"
    b"X-NICKNAME;CHARSET=nothing;ENCODING=QUOTED-PRINTABLE:=4A=C3=B6=\n=72=67\nEND:VCARD\n"
)
VERSION_4 = (
    "BEGIN:VCARD\nVERSION:4.0\nFN:Ann\\, the first\\nof two\nNICKNAME:ann,anny\n"
    'TEL;VALUE=uri;PREF=2;TYPE="voice,work":tel:+44-20-7946-0001;ext=102\nTEL;VALUE=uri;PREF=1;TYPE=home:tel:+442079460002\n'
    "CATEGORIES:Red\\, white,Golf\nORG:Works;Staff\nno property\nX;\nEND:VCARD\n"
    "BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:\nORG:Taxi\\;Berlin;Fleet\nTEL:030 210101\nEND:VCARD\n"
)


def people(octets: bytes | str) -> list[tuple[str, str, str]]:
    found = read(octets if isinstance(octets, bytes) else octets.encode())
    return [(one.first, one.last, next(iter(one.phones), "")) for one in found]


def test_outlook_in_english_utf_16_and_with_its_own_line_ends() -> None:
    stone, taxi = read(OUTLOOK_EN.encode("utf-16"))
    assert stone == Contact(
        2, "", "", "Ann", "Stone", ("07700 900001", "020 7946 0002"), ("Red Team", "Tennis")
    )
    assert (taxi.line, taxi.last, taxi.phones) == (4, "Taxi Berlin", ("+49 30 210101",))
    assert read(b"\xef\xbb\xbf" + OUTLOOK_EN.encode()) == (stone, taxi)


def test_outlook_in_german_in_its_own_characters() -> None:
    (one,) = read(OUTLOOK_DE.encode("cp1252"))
    assert one == Contact(
        2, "", "", "J\u00f6rg", "M\u00fcller", ("0170 1234567", "030 123456"), ("Gesch\u00e4ftlich",)
    )


def test_google_in_its_new_and_its_old_form() -> None:
    (new,) = read(GOOGLE.encode())
    assert new.nickname == "zo"
    assert new.phones == ("+44 7700 900002", "+44 7700 900003")
    assert new.groups == ("Friends", "* myContacts")
    (old,) = read(GOOGLE_OLD.encode())
    assert (old.first, old.phones, old.groups) == ("Zo\u00eb", ("07700 900002",), ("* myContacts", "Friends"))


def test_a_sheet_of_a_persons_own() -> None:
    assert read(SHEET.encode()) == (Contact(3, "bob", "", "", "", ("+447700900001",), ("=Golf", "Alle")),)
    assert people("Name\tHandynummer\nAnn Stone\t07700 900001\n") == [("Ann", "Stone", "07700 900001")]
    assert people('name,number\nAnn,1\n"Stone, Ann",2\nAnn\n') == [
        ("Ann", "", "1"),
        ("Ann", "Stone", "2"),
        ("Ann", "", ""),
    ]


def test_ios_with_labels_a_picture_and_folded_lines() -> None:
    (one,) = read(IOS.encode())
    assert one == Contact(1, "", "", "Zo\u00eb", "Smith", ("+44 20 7946 0001", "020 7946 0002"))
    assert read((ICLOUD_GROUP + IOS).encode())[0].first == "Zo\u00eb"


def test_what_says_no_character_set_and_is_not_in_utf_8_is_of_windows() -> None:
    (one,) = read(b"BEGIN:VCARD\nVERSION:2.1\nN:M\xfcller;J\xf6rg\nTEL:01701234567\nEND:VCARD\n")
    assert (one.first, one.last) == ("J\u00f6rg", "M\u00fcller")


@pytest.mark.parametrize("octets", [OUTLOOK_21, ANDROID_21])
def test_version_2_1_by_outlook_and_android(octets: bytes) -> None:
    (one,) = read(octets)
    assert (one.first, one.last) == ("J\u00f6rg", "M\u00fcller")
    assert one.phones[0].replace(" ", "") == "01701234567"
    assert one.nickname == ("J\u00f6rg" if octets is ANDROID_21 else "")


def test_version_4() -> None:
    ann, taxi = read(VERSION_4.encode())
    assert (ann.first, ann.last, ann.nickname) == ("the first of two", "Ann", "ann")
    assert ann.phones == ("+442079460002", "+44-20-7946-0001")
    assert ann.groups == ("Red, white", "Golf")
    assert (taxi.first, taxi.last) == ("", "Taxi;Berlin")


@pytest.mark.parametrize(
    ("octets", "problem", "line"),
    [
        (b"", FileProblem.EMPTY, 0),
        (b"Name,Phone\n", FileProblem.EMPTY, 0),
        (ICLOUD_GROUP.encode(), FileProblem.EMPTY, 0),
        (b"PK\x03\x04\0\0", FileProblem.NOT_TEXT, 0),
        (b"\xff\xfeA", FileProblem.NOT_TEXT, 0),
        (b"\nName;Hausnummer;Fax;E-Mail\nAnn;1;2;3\n", FileProblem.NO_NUMBERS, 2),
        (b'Name,Phone\nAnn,1\n"Bob,2\n', FileProblem.BROKEN_TABLE, 3),
        (b'Name,Phone\n"Bob"x,2\n', FileProblem.BROKEN_TABLE, 2),
        (b"BEGIN:VCARD\nFN:a\n", FileProblem.BROKEN_CARD, 1),
        (b"BEGIN:VCARD\nFN:a\nBEGIN:VCARD\nEND:VCARD\n", FileProblem.BROKEN_CARD, 3),
        (b"FN:a\nEND:VCARD\nBEGIN:VCARD\n", FileProblem.BROKEN_CARD, 2),
        (b"Name,Phone\n" + b"x" * 100_001, FileProblem.LONG_LINE, 2),
        (b"BEGIN:VCARD\nFN:" + b"x" * 100_001 + b"\nEND:VCARD\n", FileProblem.LONG_LINE, 2),
    ],
)
def test_what_is_wrong_with_a_file_and_where(octets: bytes, problem: FileProblem, line: int) -> None:
    with pytest.raises(FileFault) as told:
        read(octets)
    assert (told.value.problem, told.value.line) == (problem, line)


def test_a_line_is_looked_at_once_however_many_go_on_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a picture of a few megabytes in short lines keeps a processor for an hour."""
    looked, is_quoted = list[bytes](), vcard_lines._is_quoted  # what is counted

    def counted(line: bytes) -> bool:
        looked.append(line)
        return is_quoted(line)

    monkeypatch.setattr(vcard_lines, "_is_quoted", counted)
    picture = b"PHOTO;ENCODING=b:" + b"A" * 100 + b"\n A" * 500
    (ann,) = read(b"BEGIN:VCARD\n" + picture + b"\nFN:Ann\nEND:VCARD")
    assert ann.first == "Ann"
    assert [line[:5] for line in looked] == [b"BEGIN", b"PHOTO", b"FN:An", b"END:V"]


def test_what_has_no_colon_for_very_long_is_passed_over() -> None:
    """A search for it in all of a file takes some hundred times the memory of the file."""
    (ann,) = read(b"BEGIN:VCARD\nFN:Ann\nN;X=" + b"x" * 2000 + b":Other;Name\nEND:VCARD\n")
    assert (ann.first, ann.last) == ("Ann", "")


def test_a_file_has_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bounds.MOST_CONTACTS == 10_000
    for module in (csv_file, vcard_file):
        monkeypatch.setattr(module, "MOST_CONTACTS", 1)
    for octets, line in ((b"Name,Phone\na,1\nb,2\n", 3), (IOS.encode() * 2, 17)):
        with pytest.raises(FileFault) as told:
            read(octets)
        assert (told.value.problem, told.value.line) == (FileProblem.TOO_MANY, line)


def test_what_is_written_for_other_programs() -> None:
    user = User("Zo\u00eb", "+447700900001", "Zo\u00eb", "O'Hara-" + "x" * 33)
    users = [Exported(user, ("Golf", "R&D"))]
    many = written(
        [Exported(user, tuple("Zo\u00eb" * 6 + str(nth) for nth in range(9)))], Kind.VCARD_4_0, "en"
    )
    assert max(map(len, many.split(b"\r\n"))) <= 75
    assert len(read(many)[0].groups) == 9
    german = written(users, Kind.CSV, "de").decode()
    assert german.startswith('\ufeff"Kurzname";"Vorname";"Nachname";"Nummer";"Gruppen"\r\n')
    assert '"\'+447700900001";"Golf; R&D"' in german
    assert '"Nick","First name"' in written(users, Kind.CSV, "xx").decode()
    old = written(users, Kind.VCARD_2_1, "en")
    assert b"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:O'Hara-" in old
    assert old.isascii()
    three = written(users, Kind.VCARD_3_0, "en")
    assert b"TEL;TYPE=CELL:+447700900001\r\n" in three
    assert max(map(len, three.split(b"\r\n"))) <= 75
    assert b"TEL;VALUE=uri;TYPE=cell:tel:+447700900001\r\n" in written(users, Kind.VCARD_4_0, "en")
    assert b"CATEGORIES" not in written([Exported(user)], Kind.VCARD_4_0, "en")


@pytest.mark.parametrize(
    "charset", ["idna", "undefined", "punycode", "unicode_escape", "utf-7", "x-mars", ""]
)
def test_a_character_set_that_is_none_of_texts_is_passed_over(charset: str) -> None:
    """Some of these names are codecs of Python's: a file must not choose them."""
    name = f"N;CHARSET={charset}:M\u00fcller..\\u0041+AGE-;J\u00f6rg"
    card = f"BEGIN:VCARD\nVERSION:2.1\n{name}\nTEL:1\nEND:VCARD\n"
    (found,) = read(card.encode())
    assert (found.first, found.last) == ("J\u00f6rg", "M\u00fcller..u0041+AGE-")
