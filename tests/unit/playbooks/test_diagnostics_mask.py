"""What leaves a server for somebody who helps: no secret, and no number that a person could be called at."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "playbooks/files/collect_diagnostics.py"
SALT = b"of this run"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("collect_diagnostics", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "line",
    [
        "text taken smsc=main sender=+447700900001 text=7",
        "INVITE sip:447700900001@192.0.2.20:5060 SIP/2.0",
        "From: <sip:%2B447700900001@192.0.2.213>",
        '{"number":"447700900001"}',
        "called 00447700900001, 07700900001, 7700900",
    ],
)
def test_no_number_is_in_clear(script: ModuleType, line: str) -> None:
    told = script.masked(line, (), SALT)
    assert "7700900" not in told
    assert "#" in told


def test_a_number_has_one_mark_however_it_is_written(script: ModuleType) -> None:
    marks = {script.masked(text, (), SALT) for text in ("+447700900001", "447700900001", "00447700900001")}
    assert len(marks) == 1
    assert marks != {script.masked("+447700900001", (), b"of another run")}
    assert marks != {script.masked("+447700900002", (), SALT)}


def test_what_is_no_number_stays(script: ModuleType) -> None:
    line = "2026-03-01T12:00:00.123456+0000 call=usn-17-2 from 192.0.2.213 port 54321"
    assert script.masked(line, (), SALT) == line


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('[asterisk]\nsecret = "a b#c"\n', "a b#c"),
        ('password = "hush-1"', "hush-1"),
        ("auth_type = userpass\npassword = hush-2\n", "hush-2"),
        ('url = "postgresql+psycopg://usnd:hush-3@127.0.0.1/usn"', "hush-3"),
        ("#!/bin/sh\necho 'hush 4'\n", "hush 4"),
        (f'credential_key = "{"5ac" * 8}"', "5ac" * 8),
        ("*:*:*:usn_standby:hush-5\n", "hush-5"),
        ("host=192.0.2.1 user=x password=hush-6 dbname=y", "hush-6"),
    ],
)
def test_a_secret_is_found_in_its_file_and_hidden_everywhere(
    script: ModuleType, text: str, secret: str
) -> None:
    secrets = script.secrets_in(text)
    assert secret in secrets
    told = script.masked(f"{text}\nlogged in with {secret} at noon", secrets, SALT)
    assert secret not in told
    assert "at noon" in told
