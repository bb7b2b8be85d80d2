"""The noun `cdr`: puts its commands together."""

import typer

from usnd.cli.cdr.files import asn1, export, files, resend, show, verify
from usnd.cli.cdr.prune import prune
from usnd.cli.cdr.reconcile import reconcile
from usnd.cli.cdr.records import explain, list_records
from usnd.cli.cdr.summary import summary

cdr = typer.Typer(
    help="Call detail records, and their files for billing.", no_args_is_help=True, rich_markup_mode=None
)
cdr.command("list", epilog="Example: usnd cdr list --after 4000 --limit 500 --json")(list_records)
cdr.command("explain", epilog="Example: usnd cdr explain usn-7-2")(explain)
cdr.command("files", epilog="Example: usnd cdr files --destination mediation")(files)
cdr.command("export", epilog="Example: usnd cdr export")(export)
cdr.command("prune", epilog="Example: usnd cdr prune --dry-run")(prune)
cdr.command("reconcile", epilog="Example: usnd cdr reconcile --since 2026-03-01")(reconcile)
cdr.command("resend", epilog="Example: usnd cdr resend mediation 42")(resend)
cdr.command("summary", epilog="Example: usnd cdr summary --dry-run --date 2026-03-29")(summary)
cdr.command("verify", epilog="Example: usnd cdr verify usn-mediation-000000042-20260301T130000Z.csv")(verify)
cdr.command("asn1", epilog="Example: usnd cdr asn1 > usn-cdr.asn1")(asn1)
cdr.command("show", epilog="Example: usnd cdr show usn-mediation-000000042-20260301T130000Z.csv")(show)
