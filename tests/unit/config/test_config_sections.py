"""Proves that a configuration is taken whole or refused with words that say where, and what to write."""

from datetime import timedelta
from pathlib import Path

import pytest
from config_samples import GOOD, refusal

from usnd.config.load import RENAMED, load, parse
from usnd.config_file.values import ConfigError, Secret

CAUSES = "[conference]\nno_credit_causes = "


def test_what_is_not_set_has_its_default() -> None:
    config = parse(GOOD)
    assert (config.asterisk.port, config.smsc[0].port, config.conference.away) == (5038, 2775, 120)
    assert config.asterisk.secret.reveal() == "hush-ami"


def test_a_configuration_does_not_show_its_secrets() -> None:
    assert "hush" not in repr(parse(GOOD))
    assert repr(Secret("hush")) == str(Secret("hush")) == "Secret(***)"


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ('"GB"', '"gb"', 'node.home_region: write a country code of two capital letters (ISO 3166), as "GB"'),
        ('"GB"', "44", 'node.home_region: write a country code of two capital letters (ISO 3166), as "GB"'),
        ('"GB"', '"XX"', "node.home_region: XX is not the code of a country (ISO 3166)"),
        ('"52272"', '"5A"', 'node.short_code: write the digits of a short code or number, as "52272"'),
        ("[node]", "[nod]", "the file: nod is not known here; known are: node, store, asterisk, smsc,"),
        ("[node]", "[node]\nport = 1", "node: port is not known here; known are: home_region, short_code"),
        ('home_region = "GB"', "", "node: home_region is missing"),
        ("sqlite:////var", "mysql://var", 'store.url: write "sqlite:////path/to/file" or "postgres'),
        ("sqlite:////var/lib/usn/usn.db", "sqlite:///", 'store.url: write "sqlite:////path/to/file" or'),
        ('"hush-ami"', '""', "asterisk.secret: write a text in quotes, not empty"),
        ('"hush-ami"', "7", "asterisk.secret: write a text in quotes, not empty"),
        ("[asterisk]", '[asterisk]\nport = "5038"', "asterisk.port: write a whole number from 1 to 65535"),
        ("[asterisk]", "[asterisk]\nport = 0", "asterisk.port: write a whole number from 1 to 65535"),
        ("[[smsc]]", "[smsc]", "smsc: write each as a section of its own, [[…]] with two brackets"),
        ('password = "hushsmsc"', "", "smsc number 1: password is missing"),
        ('"hushsmsc"', '["hushsmsc"]', "smsc number 1, password: write a text in quotes, not empty"),
        ('"hushsmsc"', '"hushsmsc9"', "smsc number 1, password: SMPP carries at most 8 characters of ASCII"),
        ('"hushsmsc"', '"hüsh"', "smsc number 1, password: SMPP carries at most 8 characters of ASCII"),
        ('"usn"', '"üsn"', "smsc number 1: SMPP carries system_id and system_type in ASCII only"),
        ('"first"', '"First SMSC"', "smsc number 1, name: write a name of small letters, digits and -,"),
        ('"usn"', '"a-longer-system-id"', "smsc number 1, system_id: write a text in quotes, at most 15"),
        ('"usn"', '"usn"\nalphabet = "utf"', 'smsc number 1, alphabet: write one of "ascii", "gsm7", '),
        ("[[smsc]]", "[log]\nlevel = 3\n[[smsc]]", 'log.level: write one of "debug", "error"'),
        ("[[smsc]]", "[conference]\naway = 0\n[[smsc]]", "conference.away: write a number above 0 and up"),
        ("[[smsc]]", "[texts]\nparts_timeout = 5\n[[smsc]]", "texts.parts_timeout: write a number from 60"),
        ("[[smsc]]", CAUSES + "[200]\n[[smsc]]", "conference.no_credit_causes number 1: "),
        ("[[smsc]]", CAUSES + "50\n[[smsc]]", "conference.no_credit_causes: write a list in"),
        ("[[smsc]]", '[texts]\nanswer_unregistered = "no"\n[[smsc]]', "texts.answer_unregistered: write"),
        ("[[smsc]]", "texts = 1\n[[smsc]]", "asterisk: texts is not known here"),
        ("[node]", "[node", "not TOML: "),
    ],
)  # fmt: skip
def test_a_refusal_says_where_and_what_to_write(was: str, now: str, words: str) -> None:
    assert was in GOOD
    assert refusal(GOOD.replace(was, now)).startswith(words)


def test_a_language_that_the_node_does_not_have_is_refused_with_those_that_it_has() -> None:
    words = "texts.language: write a language of this node: de, en, es, fr, it, nl, pt"
    assert refusal(f'{GOOD}[texts]\nlanguage = "zz"\n') == words
    assert parse(f'{GOOD}[texts]\nlanguage = "nl"\n').texts.language == "nl"


def test_a_section_that_is_a_value_is_refused() -> None:
    assert refusal("texts = 1\n" + GOOD) == "texts: write a section, […] with its keys below"


def test_a_file_without_an_smsc_is_refused() -> None:
    assert refusal(GOOD[: GOOD.index("[[smsc]]")]) == "the file: smsc is missing"
    assert refusal("smsc = []\n" + GOOD[: GOOD.index("[[smsc]]")]).startswith("smsc: write each as a section")


def test_two_binds_of_one_name_are_refused() -> None:
    second = GOOD[GOOD.index("[[smsc]]") :]
    assert refusal(GOOD + second) == "smsc: two binds have the same name; give each its own"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            FileNotFoundError(2, "No such file"),
            "there is no such file: name yours with --config or in USND_CONFIG",
        ),
        (IsADirectoryError(21, "Is a directory"), "cannot be read: Is a directory"),
        (
            PermissionError(13, "Permission denied"),
            "you may not read it, as it holds passwords: be root, the user of usnd, or of its group",
        ),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "cannot be read: it is not text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_args: object, **_kwargs: object) -> str:
        raise error

    monkeypatch.setattr(Path, "read_text", fail)
    with pytest.raises(ConfigError) as refused:
        load(Path("usnd.toml"))
    assert str(refused.value) == f"usnd.toml: {words}"


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_section_of_a_former_release_is_read_and_told_by_its_new_name(old: str, new: str) -> None:
    notices: list[str] = []
    body = "common = '52270'\n" if new == "dial_in" else ""
    former = parse(f"{GOOD}[{old}]\n{body}", notices.append)
    assert repr(former) == repr(parse(f"{GOOD}[{new}]\n{body}"))
    assert notices == [f"[{old}] is called [{new}] now, and is read as that: rename it in the file"]


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_both_names_of_a_section_at_once_are_refused(old: str, new: str) -> None:
    assert refusal(f"{GOOD}[{old}]\n[{new}]\n").startswith(f"[{old}] and [{new}] are the same section")


def test_a_refusal_within_a_former_section_says_by_which_name_it_was_read() -> None:
    said = refusal(GOOD + "[ways_in]\ncommon = 5\n")
    assert said.startswith("dial_in.common: write the digits of a number")
    assert "; [ways_in] is called [dial_in] now" in said
    twice = refusal(GOOD + "[ways_in]\ncommon = '52270'\nconferences = ['52270']\n")
    assert "[ways_in] is called [dial_in] now" in twice


def test_todays_names_are_told_to_nobody() -> None:
    notices: list[str] = []
    parse(GOOD + "[dial_in]\n", notices.append)
    assert notices == []


def test_the_domain_gets_its_rules_from_it() -> None:
    config = parse(
        GOOD + "[conference]\naway = 7\nring = 9\nno_credit_causes = [21]\nmost_participants = 3\n"
    )
    rules = config.conference_rules()
    assert (rules.away.total_seconds(), rules.ring.total_seconds()) == (7, 9)
    assert rules.no_credit_causes == {21}
    assert config.text_rules().most_participants == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            GOOD.replace("smsc.example", "smpp://smsc.example"),
            'smsc number 1, host: "smpp://smsc.example" is a URI',
        ),
        (GOOD.replace("smsc.example", "smsc.example:2775"), "smsc number 1, host: "),
        (GOOD + "tls_server_name = 'smsc.example:2775'\n", "smsc number 1, tls_server_name: "),
        (
            GOOD + "tls_ca = 'ca.pem'\n",
            'smsc number 1, tls_ca: "ca.pem" does not begin at the root: write the whole',
        ),
        (GOOD.replace("[asterisk]", "[asterisk]\nhost = '0.0.0.0'"), "asterisk.host: "),
        (
            GOOD + "[recording]\ndirectory = 'recordings'\n",
            'recording.directory: "recordings" does not begin',
        ),
        (
            GOOD + "[voice]\nprompts = ['/a', '../b']\n",
            'voice.prompts number 2: "../b" does not begin at the root',
        ),
        (GOOD + "[voice]\nprompts = [7]\n", "voice.prompts number 1: write a whole path in quotes"),
        (
            GOOD.replace("[store]", "runtime = 'run'\n[store]"),
            'node.runtime: "run" does not begin at the root',
        ),
        (
            GOOD + "[dial_in]\ncommon = '52270'\nconferences = ['52201', '52270']\n",
            'dial_in: "52270", stands there twice',
        ),
        (
            GOOD + "[dial_in]\nconferences = ['442079460000', '', '', '02079460000']\n",
            'dial_in: "442079460000", also written "02079460000", stands there twice',
        ),
        (
            GOOD + "[dial_in]\ncommon = '+442079460000'\nconferences = ['00442079460000']\n",
            'dial_in: "+442079460000", also written "00442079460000", stands there twice',
        ),
        (
            GOOD.replace("52272", "\u0665\u0662\u0662\u0667\u0662"),
            "node.short_code: write the digits of a short code",
        ),
        (GOOD + "[numbers]\nbarred = ['+4908']\n", "numbers: +4908 has the 0 that is dialled only within"),
        (GOOD + "[numbers]\nbarred = ['+08']\n", "numbers.barred number 1: write how numbers begin in E.164"),
        (
            GOOD + "[numbers]\nallowed = ['+44']\nbarred = ['+4490', '+44']\n",
            "numbers: +44 is allowed and barred",
        ),
    ],
)
def test_values_are_what_they_say(text: str, words: str) -> None:
    assert refusal(text).startswith(words)


@pytest.mark.parametrize("url", ["usnd:hush@db:here/usn", "usnd:hush@[2001:db8::5]:70000/usn", "db:/usn"])
def test_the_ports_of_a_database_are_ports(url: str) -> None:
    text = GOOD.replace("sqlite:////var/lib/usn/usn.db", f"postgresql+psycopg://{url}")
    assert refusal(text).startswith("store.url: behind the host's colon there is no port")


def test_an_ipv6_address_of_a_database_stands_in_brackets() -> None:
    text = GOOD.replace("sqlite:////var/lib/usn/usn.db", "postgresql+psycopg://usnd:hush@2001:db8::5/usn")
    assert refusal(text).startswith("store.url: an IPv6 address stands between [ and ]")


@pytest.mark.parametrize(
    "url",
    ["usnd@/usn?host=/var/run/postgresql", "usnd:p:w@db:5432/usn", "usnd@[2001:db8::5]:5432/usn", "db/usn"],
)
def test_databases_are_taken_as_sqlalchemy_takes_them(url: str) -> None:
    assert parse(GOOD.replace("sqlite:////var/lib/usn/usn.db", f"postgresql+psycopg://{url}")).store.url


KEY = "0f" * 32


def test_the_key_of_credentials_is_read_as_octets_and_not_shown() -> None:
    config = parse(f'{GOOD}[provisioning]\ncredential_key = "{KEY}"\n')
    own = config.node_own({"UTC"})
    assert own.key is not None
    assert own.key.key == bytes.fromhex(KEY)
    assert (own.language, own.home_region, own.time_zones) == ("en", "GB", {"UTC"})
    assert KEY not in repr(config)
    assert str(own.key.key) not in repr(own)
    assert parse(GOOD).node_own(()).key is None


@pytest.mark.parametrize("key", ["0f" * 31, "0f" * 32 + "0", "0g" * 32, "hush"])
def test_a_key_that_is_too_short_or_not_hexadecimal_is_refused_without_it(key: str) -> None:
    words = refusal(f'{GOOD}[provisioning]\ncredential_key = "{key}"\n')
    assert words.startswith("provisioning.credential_key: write 64 hexadecimal digits or more")
    assert "openssl rand -hex 32" in words
    assert key not in words


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('[portal]\nuser = "usn-web-portal"\n', "portal.user: the portal knows first passwords"),
        (
            f'[portal]\nuser = "usn-web"\n[provisioning]\nuser = "usn-web"\ncredential_key = "{KEY}"\n',
            "portal.user: each site has a user of its own",
        ),
        ("[portal]\nidle = 600\nlongest = 300\n", "portal.longest: is less than portal.idle"),
        ("[portal]\nidle = 59\n", "portal.idle"),
    ],
)
def test_a_portal_that_cannot_be_is_refused(written: str, told: str) -> None:
    assert refusal(f"{GOOD}{written}").startswith(told)


def test_how_long_people_stay_signed_in() -> None:
    rules = parse(f"{GOOD}[portal]\nidle = 600\nlongest = 7200\n").portal.session_rules()
    assert (rules.idle, rules.longest) == (timedelta(minutes=10), timedelta(hours=2))
