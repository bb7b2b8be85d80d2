"""What a link is told: backoff, and secrets that stay out of sight."""

from usnd.smpp.link.settings import LinkSettings

SETTINGS = LinkSettings("north", "smsc.example", 2775, "usn", "secret", reconnect_first=0.1, reconnect_cap=30)


def test_the_backoff_doubles_up_to_its_cap() -> None:
    waits = [SETTINGS.longest_wait(failures) for failures in range(12)]
    assert waits[:5] == [0.1, 0.1, 0.2, 0.4, 0.8]
    assert waits[10:] == [30, 30]
    assert SETTINGS.longest_wait(32) == 30


def test_the_password_is_not_in_a_repr() -> None:
    assert "secret" not in repr(SETTINGS)
