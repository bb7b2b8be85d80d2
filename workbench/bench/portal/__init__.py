"""Measurements of the portal: subscribers who browse, live pages, a peer's streams; its pages in a browser."""
