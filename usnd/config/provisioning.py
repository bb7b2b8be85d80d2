"""The section `[provisioning]`: who may come in by the provisioning site, and what it needs of usnd."""

from pathlib import Path

from usnd.config_file.values import Secret, Section, UserName


class ProvisioningConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS P1 to P3. `user`: whom the provisioning site runs as; it may provision and nothing else.

    `authorities`: the directory where nginx reads whom to believe, as `usnd ca` publishes it. `certificate`:
    the web server's. `credential_key`: of new subscribers' first log-ins, the same on both servers.
    """

    user: UserName | None = None
    authorities: Path | None = None
    certificate: Path | None = None
    credential_key: Secret | None = None
