"""What every peer has to bring about: twenty small rendered files on each host."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import yaml

STEPS = 20
FOLDER = "/etc/bench"

_TEXT = """\
# managed, host {{ inventory_hostname }} step {{ step }}
[service]
name = svc-{{ step }}
listen = {{ inventory_hostname }}:{{ 8000 + step }}
workers = 4
log_level = info
data_dir = /var/lib/svc-{{ step }}
owner = bench
mode = 0644
# end of the file
"""


def path(step: int) -> str:
    """The file of a step, on the host."""
    return f"{FOLDER}/f{step:02d}"


def content(host: str, step: int) -> str:
    """What the file must hold."""
    text = _TEXT.replace("{{ inventory_hostname }}", host).replace("{{ step }}", str(step))
    return text.replace("{{ 8000 + step }}", str(8000 + step))


def shell_step(host: str, step: int) -> str:
    """The step as a person would write it: compare with what is there, else replace it at once."""
    file = path(step)
    return (
        f"c='{content(host, step).rstrip()}'\n"
        f'if [ "$(cat {file} 2>/dev/null)" = "$c" ]; then echo ok; else\n'
        f"  printf '%s\\n' \"$c\" >{file}.t && mv {file}.t {file} && echo changed\n"
        "fi"
    )


def write_project(folder: Path) -> None:
    """A project of mplay that brings it about, as ``bench.yml``."""
    (folder / "templates").mkdir()
    (folder / "templates" / "file.j2").write_text(_TEXT)
    (folder / "mplay.toml").write_text('project = "bench"\n')
    # `needs: []`: hosts do not wait for each other, because those of the peers do not either.
    steps = [
        {
            "id": f"f{step:02d}",
            "needs": [],
            "vars": {"step": step},
            "template": {"src": "file.j2", "dest": path(step), "mode": "0644"},
        }
        for step in range(STEPS)
    ]
    playbook = {"name": "Bench", "hosts": "bare", "steps": steps}
    (folder / "bench.yml").write_text(yaml.safe_dump(playbook, sort_keys=False))


def clear(roots: Iterable[Path]) -> None:
    """Take the files away from these hosts, by their root directories."""
    for root in roots:
        folder = root / FOLDER.lstrip("/")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()


def missing(host: str, root: Path) -> list[str]:
    """Files of a host that are not what they must be."""
    wrong = []
    for step in range(STEPS):
        file = root / path(step).lstrip("/")
        if not file.is_file() or file.read_text() != content(host, step):
            wrong.append(f"{host}:{path(step)}")
    return wrong
