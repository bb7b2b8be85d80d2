"""Each role's scenario on the lab's two servers: applied, applied again without a change, verified."""

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from crm import authority

from workbench.lab import __main__ as lab
from workbench.lab import net
from workbench.release.packages import packages_file
from workbench.release.wheels import release_file

ROOT = Path(__file__).parents[2]
WIRING = yaml.safe_load((ROOT / "playbooks/group_vars/usn/wiring.yml").read_text())
MOLECULE = str(Path(sysconfig.get_path("scripts")) / "molecule")
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in lab.TOOLS), reason="the lab's programs"),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module", autouse=True)
def bare_servers() -> Iterator[None]:
    """Two bare servers for all roles, one after the other as in site.yml; ended after."""
    packages, release = packages_file(), release_file()
    lab.start(None)
    try:
        lab.write_variables(packages, release)
        yield
    finally:
        lab.down()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tls")
    authority.make(place, [*net.ADDRESSES.values(), net.FLOATING])
    return place


@pytest.mark.parametrize("role", WIRING["usn_roles"])
def test_a_role_does_its_work_once(role: str, certificates: Path) -> None:
    done = subprocess.run(
        net.inside(net.OUTSIDE, MOLECULE, "test", "--destroy=never"),
        cwd=ROOT / "roles" / role,
        env={**lab.environment(), "NO_COLOR": "1", "USN_TLS": str(certificates)},
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    assert done.returncode == 0, told[-4000:]
