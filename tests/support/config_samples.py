"""A configuration that is as short as can be, and why one is refused."""

import pytest

from usnd.config.load import parse
from usnd.config_file.values import ConfigError

GOOD = """
[node]
home_region = "GB"
short_code = "52272"
[store]
url = "sqlite:////var/lib/usn/usn.db"
[asterisk]
secret = "hush-ami"
[[smsc]]
name = "first"
host = "smsc.example"
system_id = "usn"
password = "hushsmsc"
"""


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse(text)
    words = str(refused.value)
    assert "hush" not in words, "a secret is shown"
    assert "\n" not in words
    assert "regex" not in words
    return words
