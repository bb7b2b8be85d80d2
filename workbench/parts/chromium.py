"""Debian's Chromium for tests, unpacked into the cache like the other parts, and driven by Playwright.

It is that of the machine's own release, so that it needs no other C library. The fonts are those beside it: a
page looks alike on all machines.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from workbench.parts import debian
from workbench.parts.node_js import node
from workbench.parts.process import private_directory

PACKAGES = ["chromium", "fonts-dejavu-core"]
# The C library is the machine's; the others are not for who shows no window and plays no sound.
SKIP = (
    "libc6_",
    "libc-bin",
    "libgcc-s1",
    "gcc-1",
    "xdg-utils",
    "adwaita-icon-theme",
    "libllvm",
    "libgl1-mesa",
)
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>
"""


def chromium_tree() -> Path:
    """The unpacked browser. Raises DebianError."""
    return debian.tree(debian.host_suite(), PACKAGES, skip=SKIP)


def program() -> Path:
    """The browser itself. Raises DebianError."""
    return chromium_tree() / "usr/lib/chromium/chromium"


def environment_in(home: Path) -> dict[str, str]:
    """What it is started with. home: a private directory for its files. Raises DebianError."""
    tree = chromium_tree()
    fonts = home / "fonts.conf"
    fonts.write_text(_FONTS.format(tree / "usr/share/fonts", home / "fonts"))
    own = {"FONTCONFIG_FILE": str(fonts), "HOME": str(home)}
    return {**os.environ, **debian.libraries(tree), **own}


@asynccontextmanager
async def chromium(namespace: str = "") -> AsyncIterator[Browser]:
    """A browser without a window, and its files; it believes no certificate by itself. Raises DebianError.

    namespace: the one of `ip netns` in which it is, with root's rights; that of the caller if empty.
    """
    home = private_directory("usn-chromium-")
    try:
        environment, started = environment_in(home), program()
        if namespace:
            within = home / "chromium"
            within.write_text(f'#!/bin/sh\nexec nsenter --net=/run/netns/{namespace} -- {started} "$@"\n')
            within.chmod(0o700)
            started = within
        # Playwright brings a Node of its own, which needs a library that a fresh Debian has not.
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node())
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=started, env={**environment})
            yield browser
            await browser.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
