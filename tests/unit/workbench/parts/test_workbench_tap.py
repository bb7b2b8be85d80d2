"""Proves what the tap reads in an INVITE and the one answer it rewrites."""

from workbench.parts.voice.tap import Invite, parse_bye, parse_invite, payment_required

USN = ("127.0.0.1", 5060)
INVITE = (
    b"INVITE sip:306900000001@127.0.0.1:5070 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK1\r\n"
    b'From: "S" <sip:+306911111111@127.0.0.1>;tag=a1\r\n'
    b"To: <sip:306900000001@127.0.0.1>\r\n"
    b"Call-ID: c-1\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n"
)


def test_an_invite_tells_when_whom_and_by_whom() -> None:
    assert parse_invite(INVITE, 12.5, USN) == Invite(12.5, "306900000001", "+306911111111", "c-1", USN)


def test_a_reinvite_within_a_dialogue_is_no_new_call() -> None:
    assert parse_invite(INVITE.replace(b"306900000001@127.0.0.1>", b"3069@h>;tag=b2"), 1.0, USN) is None


def test_anything_else_is_no_invite() -> None:
    assert parse_invite(INVITE.replace(b"INVITE", b"BYE", 1), 1.0, USN) is None
    assert parse_invite(b"INVITE nonsense", 1.0, USN) is None
    assert parse_invite(b"", 1.0, USN) is None


def test_an_anonymous_caller_has_no_number() -> None:
    anonymous = INVITE.replace(b'"S" <sip:+306911111111@127.0.0.1>', b"<sip:127.0.0.1>")
    invite = parse_invite(anonymous, 1.0, USN)
    assert invite is not None
    assert invite.calling == ""


def test_a_bye_tells_which_call_it_ends() -> None:
    bye = b"BYE sip:1@h SIP/2.0\r\nTo: <sip:1@h>;tag=b\r\ni: c-1\r\nCSeq: 2 BYE\r\n\r\n"
    assert parse_bye(bye) == "c-1"
    assert parse_bye(INVITE) is None
    assert parse_bye(b"BYE nonsense") is None


def test_a_forbidden_becomes_payment_required_without_the_old_reason() -> None:
    forbidden = b"SIP/2.0 403 Forbidden\r\nCall-ID: c-1\r\nReason: Q.850;cause=21\r\nTo: <sip:1@h>\r\n\r\n"
    expected = b"SIP/2.0 402 Payment Required\r\nCall-ID: c-1\r\nTo: <sip:1@h>\r\n\r\n"
    assert payment_required(forbidden) == expected
