"""Where benches leave their figures: machine-readable, under build/bench/."""

import json
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path("build/bench")


def write_result(name: str, result: Mapping[str, object]) -> str:
    """Writes build/bench/`name`.json; gives its text."""
    text = json.dumps(result, indent=1) + "\n"
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(text)
    return text
