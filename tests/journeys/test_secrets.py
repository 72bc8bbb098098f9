"""A canary in every place where a secret may stand is found nowhere but where it was to be put."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.project import Done, Project
from tests.lab.fixtures import LabHost
from tests.unit.source.vaults import encrypt, inline, password_file

pytestmark = pytest.mark.lab

CANARY = 'c4nary\'7f3a "of" the vault'
EXPORTED = "c4nary-exported-5b1d"
PASSWORD = "correct horse"

PLAYBOOK = """
name: Canary
hosts: web
become: true
vars:
  VAULTED
  login: "user:{{ canary }}@host"
steps:
  - {id: private, template: {src: canary.j2, dest: /etc/canary-private, mode: "0600"}}
  - {id: public, template: {src: canary.j2, dest: /etc/canary-public, mode: "0644"}}
  - {id: file, copy: {src: canary.bin, dest: /etc/canary-file, mode: "0600"}}
  - {id: argument, copy: {content: "{{ login }}", dest: /etc/canary-argument, mode: "0600"}}
  - id: line
    lineinfile: {path: /etc/canary-line, create: true, line: "pw={{ canary }}", mode: "0600"}
  - {id: touched, file: {path: /etc/canary-block, state: touch, mode: "0600"}}
  - {id: block, blockinfile: {path: /etc/canary-block, block: "pw={{ canary }}"}}
  - {id: job, cron: {name: canary, job: "true {{ canary }}", minute: "0", hour: "3"}}
  - id: words
    shell:
      run: |
        printf %s {{ login | quote }} >/etc/canary-words
        echo told {{ canary | quote }}
        sleep 0.5
      state: cat /etc/canary-words 2>/dev/null || true
      expect: "{{ login }}"
      undo: rm -f /etc/canary-words
  - id: account
    become_user: nobody
    shell:
      run: printf %s {{ canary | quote }} >/var/tmp/canary-account
      undo: rm -f /var/tmp/canary-account
      creates: /var/tmp/canary-account
"""
EXPORTING = """
name: Canary of the environment
hosts: web
become: true
environment: {TOKEN: "{{ exported }}"}
steps:
  - id: exported
    shell:
      run: 'printf %s "$TOKEN" >/etc/canary-exported; sleep 0.5'
      creates: /etc/canary-exported
      undo: '[ "$TOKEN" ] && rm -f /etc/canary-exported'
"""
KEY = ("--vault-password-file", "key")


@pytest.fixture
def here(project: Project, web: LabHost) -> Project:
    """A project whose host asks for sudo's password, which is encrypted like all that is secret."""
    folder = project.folder
    key = password_file(folder, "the key of the vault", "key")
    own = folder / "own" / "hosts.yml"
    (own.parent / "host_vars").mkdir(parents=True)
    own.write_text(
        project.inventory.read_text().replace("ansible_user: ops", "ansible_user: nosudo")
    )
    secret = own.parent / "host_vars" / "stg-web1.yml"
    secret.write_text(f"ansible_become_password: {PASSWORD}\nexported: {EXPORTED}\n")
    encrypt(secret, key)
    vaulted = inline(CANARY, "canary", key).replace("\n", "\n  ")
    project.write("playbooks/canary.yml", PLAYBOOK.replace("VAULTED", vaulted))
    project.write("playbooks/exporting.yml", EXPORTING)
    project.write("playbooks/templates/canary.j2", "[db]\npassword = {{ canary }}\n")
    binary = folder / "playbooks" / "files" / "canary.bin"
    binary.parent.mkdir(exist_ok=True)
    binary.write_bytes(b"\0\xff" + CANARY.encode() + b"\0")
    encrypt(binary, key)
    return Project(folder=folder, inventory=own.parent)


class Processes:
    """Looks at every process of this machine, and so of its hosts, as often as it can."""

    def __init__(self) -> None:
        self.shown: set[str] = set()
        self.rounds = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @contextmanager
    def watched(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()
            assert self.rounds > 3

    def _watch(self) -> None:
        while not self._over.is_set():
            self.rounds += 1
            for process in Path("/proc").glob("[0-9]*"):
                self._look(process)

    def _look(self, process: Path) -> None:
        for name in ("cmdline", "environ"):
            try:
                seen = (process / name).read_bytes()
            except OSError:
                continue
            self.shown |= {
                f"{word} in {name}: {seen[:200]!r}"
                for word in (*CANARIES, EXPORTED, PASSWORD)
                if word.encode() in seen
            }


CANARIES = (CANARY, "c4nary'7f3a", base64.b64encode(CANARY.encode()).decode()[:24])


def hits(folder: Path) -> list[str]:
    """The files below a folder that hold a canary, or the password."""
    words = "\n".join([*CANARIES, "c4nary", PASSWORD, ""])
    done = subprocess.run(
        ["grep", "-rlaF", "-f", "-", str(folder)],
        input=words.encode(),
        capture_output=True,
        check=False,
    )
    return [str(Path(name).relative_to(folder)) for name in done.stdout.decode().splitlines()]


def said(done: Done) -> None:
    """Nothing of a secret is in what a command said."""
    for word in (*CANARIES, "c4nary", EXPORTED, PASSWORD):
        assert word not in done.out
        assert word not in done.err


def run(here: Project, playbook: str, *words: str, exported: bool = False) -> Done:
    """Apply while all processes are watched; they show what was `exported`, and that alone."""
    processes = Processes()
    with processes.watched():
        done = here.mplay(
            *("apply", playbook, "-i", str(here.inventory), "--limit", "staging", *KEY, *words),
        )
    allowed = {one for one in processes.shown if one.startswith(f"{EXPORTED} in environ")}
    assert processes.shown == allowed
    assert bool(allowed) == exported
    said(done)
    return done


def done_run(here: Project) -> str:
    """The run before the last one."""
    return str(here.mplay("runs", "--format", "json").json["runs"][1]["run"])


def journalled(here: Project) -> None:
    """Nothing of a secret is in any byte that the run has left with the controller."""
    assert here.journal.exists() or list(here.folder.rglob("journal.db"))
    found = [name for name in hits(here.folder) if "__pycache__" not in name]
    assert found == []


WRITTEN = {
    *("etc/canary-private", "etc/canary-public", "etc/canary-file", "etc/canary-argument"),
    *("etc/canary-words", "var/tmp/canary-account", "etc/canary-line", "etc/canary-block"),
    "var/spool/cron/crontabs/root",
}


def test_a_canary_is_found_in_the_files_that_were_to_be_written_and_nowhere_else(
    here: Project, web: LabHost
) -> None:
    before = web.state()
    said(
        here.mplay(
            "apply",
            "playbooks/canary.yml",
            "-C",
            "-D",
            "-vvv",
            "-i",
            str(here.inventory),
            "--limit",
            "staging",
            *KEY,
        )
    )
    done = run(here, "playbooks/canary.yml", "-vvv", "-D")
    assert "[secret]" in done.out
    journalled(here)
    assert set(hits(web.root)) == WRITTEN
    private = web.root / "etc" / "canary-private"
    assert private.read_text() == f"[db]\npassword = {CANARY}\n"
    assert (web.root / "etc" / "canary-file").read_bytes() == b"\0\xff" + CANARY.encode() + b"\0"
    assert (web.root / "etc" / "canary-words").read_text() == f"user:{CANARY}@host"
    assert (web.root / "var/tmp/canary-account").read_text() == CANARY
    again = run(here, "playbooks/canary.yml", "--format", "json")
    assert set(again.statuses.values()) == {"ok"}
    for words in (["show", "last"], ["show", "last", "--log"], ["show", "last", "--restore"]):
        said(here.mplay(*words))
        said(here.mplay(*words, "--format", "json"))
    said(here.mplay("rollback", done_run(here), *KEY, "-vvv"))
    journalled(here)
    assert web.state().differences(before) == []
    assert hits(web.root / "etc") == []


def test_what_environment_exports_is_seen_by_its_own_account_alone_and_its_undo_asks_for_the_vault(
    here: Project, web: LabHost
) -> None:
    before = web.state()
    run(here, "playbooks/exporting.yml", "-vvv", exported=True)
    assert (web.root / "etc" / "canary-exported").read_text() == EXPORTED
    journalled(here)
    refused = here.mplay("rollback", "last", code=2)
    assert "no password was given" in refused.err
    said(refused)
    said(here.mplay("rollback", "last", *KEY))
    assert web.state().differences(before) == []
    journalled(here)


def test_a_step_that_fails_tells_no_secret_and_is_undone(here: Project, web: LabHost) -> None:
    before = web.state()
    book = (here.folder / "playbooks" / "canary.yml").read_text()
    failing = (
        "  - id: fails\n    shell:\n      undo: echo it was {{ canary | quote }}\n"
        "      run: 'echo {{ canary | quote }}; echo {{ canary | b64encode }} >&2; exit 3'\n"
    )
    here.write("playbooks/failing.yml", book + failing)
    for form in ("text", "json", "ndjson"):
        done = here.mplay(
            *("apply", "playbooks/failing.yml", "-i", str(here.inventory), "--limit", "staging"),
            *(*KEY, "-vvv", "--format", form),
            code=None,
        )
        assert done.code in {3, 4}
        said(done)
    journalled(here)
    assert web.state().differences(before) == []


@pytest.mark.parametrize(
    "call",
    [
        "command: {argv: [echo, '{{ canary }}']}",
        "file: {path: '/etc/{{ canary }}', state: touch}",
    ],
)
def test_a_secret_that_would_be_in_a_process_list_is_refused(
    here: Project, web: LabHost, call: str
) -> None:
    book = (here.folder / "playbooks" / "canary.yml").read_text().split("steps:")[0]
    here.write("playbooks/shown.yml", f"{book}steps:\n  - {{id: a, irreversible: x, {call}}}\n")
    processes = Processes()
    with processes.watched():
        done = here.mplay(
            *("apply", "playbooks/shown.yml", "-i", str(here.inventory), "--limit", "staging"),
            *KEY,
            code=4,
        )
    assert "a secret would be in the process list of the host" in done.out + done.err
    said(done)
    assert processes.shown == set()


SLOW = """
  - id: slow
    environment: {LANG: C}
    shell:
      run: |
        printf %s {{ canary | quote }} >/etc/canary-slow
        sleep 3
      creates: /etc/canary-slow
      undo: rm -f /etc/canary-slow
  - {id: after, copy: {content: "{{ canary }}", dest: /etc/canary-after, mode: "0600"}}
"""


def test_a_killed_controller_leaves_no_secret_behind_and_a_resume_ends_its_run(
    here: Project, web: LabHost
) -> None:
    before = web.state()
    book = (here.folder / "playbooks" / "canary.yml").read_text().split("steps:")[0]
    here.write("playbooks/slow.yml", f"{book}steps:{SLOW}")
    words = ("apply", "playbooks/slow.yml", "-i", str(here.inventory), "--limit", "staging", *KEY)
    controller = here.start(*words)
    written = web.root / "etc" / "canary-slow"
    while not written.exists() and controller.poll() is None:
        time.sleep(0.05)
    assert controller.poll() is None, controller.communicate()
    os.killpg(controller.pid, signal.SIGKILL)
    controller.communicate()
    assert set(hits(web.root)) == {"etc/canary-slow"}
    shown = base64.b64encode(b"c4nary").decode()
    in_memory = f"echo {shown} | base64 -d | grep -rlaF -f - /run/mplay /var/lib/mplay /tmp"
    assert web.ssh(in_memory).stdout == ""
    journalled(here)
    refused = here.mplay("resume", "last", code=2)
    assert "encrypted with Ansible Vault, and no password was given" in refused.err
    said(here.mplay("resume", "last", *KEY, "-vvv"))
    assert (web.root / "etc" / "canary-after").read_text() == CANARY
    assert set(hits(web.root)) == {"etc/canary-slow", "etc/canary-after"}
    journalled(here)
    said(here.mplay("rollback", "last", *KEY))
    assert web.state().differences(before) == []
