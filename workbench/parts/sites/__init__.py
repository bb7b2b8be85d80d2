"""A site of the product behind nginx, as on a node: what all sites have in common, and the portal."""
