"""A node's files on which commands are tried, right until a test breaks one of them."""

import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from usnd.cli.main import app


@dataclass
class Scene:
    """A node's files, which are right until something is broken."""

    home: Path
    kept: list[object] = field(default_factory=list)
    """What must live as long as the test: a socket that listens."""

    @property
    def config(self) -> Path:
        return self.home / "usnd.toml"

    @property
    def database(self) -> Path:
        return self.home / "store" / "usn.db"

    @property
    def runtime(self) -> Path:
        return self.home / "run"

    def write(self) -> "Scene":
        for directory in (self.database.parent, self.runtime, self.home / "recordings", self.home / "legs"):
            directory.mkdir()
        self.config.write_text(
            '[node]\nhome_region = "GB"\nshort_code = "52272"\n'
            f'runtime = "{self.runtime}"\n[store]\nurl = "sqlite:///{self.database}"\n'
            '[asterisk]\nsecret = "hush-ami"\n[[smsc]]\nname = "first"\nhost = "127.0.0.1"\nport = 9\n'
            'system_id = "usn"\npassword = "hushsmsc"\n[[trunk]]\nname = "msc"\nhost = "192.0.2.20"\n'
            f'[recording]\ndirectory = "{self.home}/recordings"\n'
            f'[billing]\nswitch_log = "{self.home}/legs"\n'
        )
        return self


def replaced_by_directory(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def replaced_by_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("x")


def statement(scene: Scene, sql: str) -> None:
    with sqlite3.connect(scene.database) as connection:
        connection.execute(sql)
    connection.close()


def said(scene: Scene, words: str) -> tuple[int, str]:
    """Status and all that was printed; an exception fails the test."""
    config = scene.config / "x" / "y" if (scene.config / "x").exists() else scene.config
    split = [word.replace("{home}", str(scene.home)) for word in words.split()]
    done = CliRunner().invoke(app, [*split, "--config", str(config)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output
