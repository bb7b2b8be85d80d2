"""The CRM's side of provisioning on a workstation: an authority, the site behind nginx, and a terminal."""
