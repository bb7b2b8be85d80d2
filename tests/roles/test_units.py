"""The units of the roles, as systemd would run them: how much of the system each could touch."""

import shutil
import subprocess
from pathlib import Path

import jinja2
import pytest

from usnd.domain.pair.evidence import PairSettings
from usnd.web.server import DRAIN

ROLES = Path(__file__).parents[2] / "roles"
MOST_EXPOSED = 30  # tenths, of systemd-analyze's scale from 0 to 10
MOST_EXPOSED_OTHERS = 50  # of programs that begin as root and become their own user by themselves
OTHERS = {
    "asterisk": "asterisk -g -f -p -U asterisk -G asterisk",
    "keepalived": "keepalived --dont-fork",
    "nftables": "nft -f /etc/nftables.conf",
    "postgresql": "pg_ctlcluster --skip-systemctl-redirect 17-main start",
}
GIVEN = {
    "ansible_managed": "",
    "__usnd_home": "/opt/usnd",
    "__usnd_operators": "usn-operators",
    "asterisk_legs": "/var/spool/usn/legs",
    "asterisk_recordings": "/var/spool/usn/recordings",
    "usnd_recordings": "/var/spool/usn/recordings",
    "arbiter_program": "/opt/usnd/current/bin/usn-arbiter",
    "keepalived_floating": "192.0.2.212/24",
    "nginx_provisioning": {},
    "nginx_portal": {},
    "__nginx_terminals": "/etc/usn/tls",
    "__web_terminals": "/etc/usn/tls",
}
OURS = sorted(ROLES.glob("*/templates/*.service.j2"))
pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd")


def rendered(template: Path) -> str:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    return environment.from_string(template.read_text()).render(GIVEN)


def exposed(unit: Path, most: int = MOST_EXPOSED) -> str:
    """Nothing, or the table of what it may do."""
    words = ["systemd-analyze", "security", "--offline=true", f"--threshold={most}", "--no-pager"]
    done = subprocess.run([*words, str(unit)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("template", OURS, ids=lambda path: path.stem)
def test_a_unit_of_ours_is_sandboxed(template: Path, tmp_path: Path) -> None:
    unit = tmp_path / template.stem.replace("@.", "@one.")
    unit.write_text(rendered(template))
    assert exposed(unit) == ""


def test_no_line_of_usnd_is_dropped_by_a_rate_limit() -> None:
    """A conference of 60 is some hundred lines in a second, and the alarm may be the last of them."""
    settings = rendered(ROLES / "usnd/templates/usnd.service.j2").splitlines()
    assert "LogRateLimitIntervalSec=0" in settings


def test_a_site_lets_go_within_the_time_of_a_hand_over() -> None:
    """Else a terminal that does not read its answer has the arbiter reboot the server."""
    settings = rendered(ROLES / "web/templates/usn-web@.service.j2").splitlines()
    (killed,) = [float(line.partition("=")[2]) for line in settings if line.startswith("TimeoutStopSec=")]
    assert DRAIN < killed < PairSettings().release


def test_debians_nginx_is_sandboxed(tmp_path: Path) -> None:
    """Its own unit says no more than what to run."""
    unit = tmp_path / "nginx.service"
    unit.write_text("[Service]\nType=forking\nExecStart=/usr/sbin/nginx\n")
    assert exposed(unit) != ""
    drop_in = tmp_path / "nginx.service.d/usn.conf"
    drop_in.parent.mkdir()
    drop_in.write_text(rendered(ROLES / "nginx/templates/nginx-override.conf.j2"))
    assert exposed(unit) == ""


@pytest.mark.parametrize("name", OTHERS)
def test_what_begins_as_root_may_do_little_more_than_it_must(name: str, tmp_path: Path) -> None:
    unit = tmp_path / f"{name}.service"
    kind = "oneshot" if name == "nftables" else "simple"
    unit.write_text(f"[Service]\nType={kind}\nExecStart=/usr/sbin/{OTHERS[name]}\n")
    assert exposed(unit, MOST_EXPOSED_OTHERS) != ""
    drop_in = tmp_path / f"{name}.service.d/usn.conf"
    drop_in.parent.mkdir()
    (override,) = ROLES.glob(f"*/templates/{name}-override.conf.j2")
    drop_in.write_text(rendered(override))
    assert exposed(unit, MOST_EXPOSED_OTHERS) == ""
