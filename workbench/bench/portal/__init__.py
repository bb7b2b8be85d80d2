"""Measurements of the portal: who browses, live pages, a peer's streams; its pages in a browser."""
