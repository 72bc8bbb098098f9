"""A run on a stage in a process of its own: ``python -m ….driver FOLDER WHAT``."""

from __future__ import annotations

import sys
from pathlib import Path

from mplay.model.errors import MplayError
from tests.journeys.local.stage import Stage


def main(folder: str, what: str) -> int:
    stage = Stage(Path(folder))
    try:
        if what == "apply":
            return stage.apply((stage.folder / "text.yml").read_text()).ending.exit
        return (stage.resume() if what == "resume" else stage.rollback()).ending.exit
    except MplayError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
