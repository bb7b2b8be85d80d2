"""The account by which the portal's site reads the database, with the rights that role web gives it."""

import yaml

from workbench import ROOT

ROLE = ROOT / "roles/web/vars/main.yml"


def account(user: str) -> list[str]:
    """Statements that make the site's account of the database: it has what role web gives it."""
    role = yaml.safe_load(ROLE.read_text())
    tables = ", ".join(role["__web_portal_readable"])
    columns = [
        f"GRANT SELECT ({', '.join(names)}) ON {table} TO {user}"
        for table, names in role["__web_portal_columns"].items()
    ]
    return [f"CREATE ROLE {user} LOGIN", f"GRANT SELECT ON {tables} TO {user}", *columns]
