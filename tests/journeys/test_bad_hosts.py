"""Hosts that cannot be reached or say no, journals that cannot be written: nothing is touched."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import subprocess

import pytest

from tests.journeys.project import Project, new_project
from tests.journeys.test_locks import begin
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

ONE = """
name: One
hosts: web
become: true
steps:
  - {id: one, copy: {content: "one\\n", dest: /etc/one, mode: "0644"}}
"""
MANY = """
name: Many
hosts: web
become: true
steps:
""" + "".join(
    f"  - id: f{n}\n    copy: {{dest: /etc/many{n}, mode: '0644', "
    f"content: \"{{{{ '{n} of many lines\\n' * 3000 }}}}\"}}\n"
    for n in range(12)
)
PASSWORD = "correct horse"


@pytest.fixture
def here(project: Project) -> Project:
    """The project with a playbook of one change, and an inventory that a test may spoil."""
    project.write("playbooks/one.yml", ONE)
    own = project.folder / "own.yml"
    own.write_text(project.inventory.read_text())
    return Project(folder=project.folder, inventory=own)


def spoil(here: Project, old: str, new: str) -> None:
    """Replace something in the inventory."""
    text = here.inventory.read_text()
    assert old in text
    here.inventory.write_text(text.replace(old, new))


def refused(here: Project, web: LabHost, *words: str, code: int = 4) -> str:
    """Apply and dry-run are refused, and the host is as before; what both of them said."""
    before = web.state()
    said = ""
    for mode in (["--dry-run"], []):
        done = here.apply("playbooks/one.yml", *words, *mode, code=code)
        said += done.err
        assert web.ssh("test -e /var/lib/mplay").returncode != 0
        assert "a bug in mplay" not in done.err
    assert web.state().differences(before) == []
    return said


def in_terminal(here: Project, *words: str, answer: str) -> tuple[int, str]:
    """Run a command with a terminal, and answer the one question that it asks; code and screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(here.folder)
        argv = here.argv(*words)
        os.execve(argv[0], argv, here.surroundings())
    screen, answered = b"", False
    while True:
        try:
            seen = os.read(terminal, 65536)
        except OSError:  # the end of a terminal on Linux
            seen = b""
        if not seen:
            break
        screen += seen
        if not answered and screen.rstrip().endswith((b":", b"?")):
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), screen.decode()


def fingerprint(web: LabHost) -> str:
    return web.output("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]


def test_a_host_that_does_not_answer_is_named_with_why_and_the_others_are_left(
    here: Project, web: LabHost
) -> None:
    spoil(here, web.address, f"{web.address.rpartition('.')[0]}.250")
    done = here.apply("playbooks/one.yml", code=4)
    assert done.statuses == {"one@stg-web1": "unreachable"}
    assert ".250:22 does not answer" in done.json["lost"]["stg-web1"]
    foreseen = here.apply("playbooks/one.yml", "--dry-run", code=4)
    assert "stg-web1 did not answer: " in foreseen.err
    assert web.ssh("test -e /var/lib/mplay").returncode != 0


def test_an_unknown_key_is_shown_and_refused_until_it_is_trusted(
    here: Project, web: LabHost
) -> None:
    spoil(here, str(web.lab.place.known_hosts), str(here.folder / "known"))
    own = fingerprint(web)
    said = refused(here, web)
    assert said.count(f"its host key is unknown: ssh-ed25519 {own}") == 2
    assert "mplay inventory trust stg-web1" in said
    trust = ("inventory", "trust", "stg-web1", "-i", str(here.inventory))
    assert own in here.mplay(*trust, code=2).err
    assert "not SHA256:x" in here.mplay(*trust, "--fingerprint", "SHA256:x", code=2).err
    code, screen = in_terminal(here, *trust, answer="n")
    assert (code, own in screen) == (2, True)
    assert not (here.folder / "known").exists()
    code, screen = in_terminal(here, *trust, answer="y")
    assert code == 0, screen
    assert "is the known one" in here.mplay(*trust).out
    here.apply("playbooks/one.yml")


def test_another_key_than_the_known_one_is_refused_with_both_fingerprints(
    here: Project, web: LabHost, lb: LabHost
) -> None:
    other = lb.output("cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2]
    known = here.folder / "known"
    known.write_text(f"{web.address},stg-web1 {' '.join(other)}\n")
    spoil(here, str(web.lab.place.known_hosts), str(known))
    said = refused(here, web)
    assert "its host key has CHANGED" in said
    assert fingerprint(web) in said
    assert fingerprint(lb) in said
    here.mplay("inventory", "trust", "stg-web1", "--yes", "-i", str(here.inventory))
    here.apply("playbooks/one.yml")


def test_a_login_that_is_refused_names_account_and_key(here: Project, web: LabHost) -> None:
    spoil(here, "ansible_user: ops", "ansible_user: nobody-here")
    said = refused(here, web)
    assert said.count("stg-web1: it refused the login of nobody-here@") == 2
    assert "authorized_keys" in said


def test_sudo_that_needs_a_password_says_so_and_takes_the_right_one(
    here: Project, web: LabHost
) -> None:
    spoil(here, "ansible_user: ops", "ansible_user: nosudo")
    said = refused(here, web)
    assert said.count("stg-web1: sudo on stg-web1 needs a password\n    give -K") == 2
    words = ("apply", "playbooks/one.yml", "--limit", "staging", "-i", str(here.inventory), "-K")
    code, screen = in_terminal(here, *words, answer="wrong horse")
    assert code == 4, screen
    assert "sudo refused the password of nosudo" in screen
    assert web.ssh("test -e /etc/one").returncode != 0
    code, screen = in_terminal(here, *words, answer=PASSWORD)
    assert code == 0, screen
    assert web.output("cat /etc/one") == "one"
    assert PASSWORD not in screen
    files = [path for path in here.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]
    code, screen = in_terminal(here, "rollback", "last", "-K", answer=PASSWORD)
    assert code == 0, screen
    assert web.ssh("test -e /etc/one").returncode != 0


def on_a_small_disk(here: Project, *script: str) -> subprocess.CompletedProcess[str]:
    """Run shell lines where `$disk` can be mounted on, and nobody else sees it."""
    disk = here.folder / "disk"
    disk.mkdir()
    mplay = shlex.join(here.argv())
    apply = "mplay apply playbooks/many.yml --limit staging --format json -i "
    lines = [
        f"disk={shlex.quote(str(disk))}; export XDG_STATE_HOME=$disk",
        f'mplay() {{ {mplay} "$@"; }}',
        f'apply() {{ {apply}{shlex.quote(str(here.inventory))} "$@"; }}',
        *script,
    ]
    here.write("playbooks/many.yml", MANY)
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", "\n".join(lines)],
        cwd=here.folder,
        env=here.surroundings(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("disk", "said"),
    [("ro", "Read-only file system"), ("size=16k", "full"), ("size=100k", "the disk is full")],
)
def test_a_journal_that_cannot_be_written_is_told_before_any_host_is_contacted(
    here: Project, web: LabHost, disk: str, said: str
) -> None:
    done = on_a_small_disk(here, f"mount -t tmpfs -o {disk} tmpfs $disk", "apply")
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert f"mplay: {here.folder}/disk/mplay/platform" in done.stderr
    assert said in done.stderr
    assert "--journal PATH" in done.stderr
    assert "Traceback" not in done.stderr
    assert web.ssh("test -e /var/lib/mplay").returncode != 0


def test_a_disk_that_is_full_in_the_middle_stops_the_run_and_resume_ends_it(
    here: Project, web: LabHost
) -> None:
    done = on_a_small_disk(
        here,
        "mount -t tmpfs -o size=700k tmpfs $disk",
        "apply; code=$?",
        "[ $code = 4 ] || exit 90",
        "mplay show last >/dev/null || exit 91",
        "mplay resume last; [ $? = 4 ] || exit 92",
        "mount -o remount,size=64m $disk",
        "mplay journal verify >/dev/null || exit 93",
        "mplay resume last --format json || exit 94",
    )
    assert done.returncode == 0, f"{done.returncode}\n{done.stderr}{done.stdout}"
    assert "the disk is full. Nothing more is begun" in done.stderr
    assert "Then: mplay resume " in done.stderr
    assert "Traceback" not in done.stderr
    assert web.output("cat /etc/many* | wc -l") == str(12 * 3000)
    assert web.output("md5sum /etc/many* | wc -l") == "12"


def test_a_journal_on_a_disk_that_became_read_only_is_an_error_for_every_command(
    here: Project,
) -> None:
    here.write("playbooks/ask.yml", "steps: [{id: docs, manual: {ask: Well?}}]")
    done = on_a_small_disk(
        here,
        "mount -t tmpfs tmpfs $disk",
        "mplay apply playbooks/ask.yml >/dev/null; [ $? = 8 ] || exit 90",
        "mount -o remount,ro $disk",
        "for command in 'resume last' 'rollback last' 'apply playbooks/ask.yml'; do",
        "  mplay $command; [ $? = 2 ] || exit 91",
        "done",
    )
    assert done.returncode == 0, f"{done.returncode}\n{done.stderr}{done.stdout}"
    assert done.stdout == ""
    assert done.stderr.count("journal.db the journal cannot be opened: Read-only file system") == 3
    assert "Traceback" not in done.stderr


def test_unlock_frees_the_hosts_of_a_killed_run_for_another_journal(
    project: Project, web: LabHost, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = new_project(tmp_path_factory.mktemp("other") / "project", project.inventory)
    other.write("playbooks/one.yml", ONE)
    running = begin(project, web)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    run = project.mplay("runs", "--format", "json").json["runs"][0]["run"]
    told = other.apply("playbooks/one.yml", code=6)
    assert f"mplay unlock {run}" in told.err
    assert "there is nobody to ask" in project.mplay("unlock", run, code=2).err
    unlock = ("unlock", run, "--yes", "--format", "json")
    busy = project.mplay(*unlock, code=4).json["hosts"]["stg-web1"]
    assert busy.endswith("is still running there; wait for it, or resume or roll back its run")
    web.output("while pgrep -f '[m]play-test-begun' >/dev/null; do sleep 0.1; done")
    assert project.mplay(*unlock).json == {"run": run, "hosts": {"stg-web1": "unlocked"}}
    other.apply("playbooks/one.yml")
    assert web.output("cat /etc/one") == "one"
    assert project.mplay("journal", "verify").code == 0
