"""A release says which sections of usnd.toml it reads: by that role usnd writes the file."""

import io
import json
import tarfile

from usnd.config.load import RENAMED
from workbench.release.wheels import SECTIONS, _add_sections


def test_it_names_the_sections_by_todays_names() -> None:
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w") as tar:
        _add_sections(tar)
    octets.seek(0)
    with tarfile.open(fileobj=octets) as tar:
        found = tar.extractfile(SECTIONS)
        assert found is not None
        sections = json.load(found)
    assert {"node", "store", "smsc", "trunk", *RENAMED.values()} <= set(sections)
    assert not set(RENAMED) & set(sections)
