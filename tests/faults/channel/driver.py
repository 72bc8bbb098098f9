"""A controller to be killed: ``python -m tests.faults.channel.driver BED FILE`` sends one frame."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mplay.model.host import Connection, Host
from tests.faults.channel.bed import Bed, claim, effect


def command(bed: Bed, file: str) -> list[str]:
    """The command line that starts it."""
    connection = bed.host.connection
    told = {
        "name": bed.host.name,
        "state": bed.state,
        "kind": connection.kind,
        "address": connection.address,
        "user": connection.user,
        "key_file": connection.key_file,
        "common_args": connection.common_args,
    }
    return [sys.executable, "-m", "tests.faults.channel.driver", json.dumps(told), file]


def main(arguments: Sequence[str]) -> None:
    """Greet, say so, and send."""
    told = json.loads(arguments[0])
    name, state = told.pop("name"), told.pop("state")
    bed = Bed(host=Host(name=name, connection=Connection(**told)), state=state, shell=str)
    channel = bed.open()
    channel.hello(claim("a"))
    sys.stdout.write("greeted\n")
    sys.stdout.flush()
    channel.send(effect(arguments[1]))
    sys.stdout.write("answered\n")


def start(bed: Bed, file: str) -> subprocess.Popen[str]:
    """A controller in a process of its own that has greeted the host."""
    process = subprocess.Popen(
        command(bed, file),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout
    assert process.stdout.readline() == "greeted\n"
    return process


if __name__ == "__main__":
    main(sys.argv[1:])
