"""What modules write into crontabs and name in apt's sources is what Ansible's own code does."""

from __future__ import annotations

import importlib
import itertools
import subprocess
from typing import Any

import pytest

from mplay_modules.apt_repository import AptRepository
from mplay_modules.cron import Cron

CRONTAB = 'A="1"\nC=3\n#Ansible: a\n1 2 3 4 5 old\n# c\n#Ansible: b\n@daily b\n'
JOBS: list[dict[str, Any]] = [
    {"name": "a", "job": "new", "minute": "5"},
    {"name": "a", "job": "new", "special_time": "reboot", "disabled": True},
    {"name": "z", "job": "zz", "weekday": "mon-fri", "month": "1"},
    {"name": "a", "state": "absent"},
    {"name": "q", "state": "absent"},
    {"name": "a", "job": "x", "cron_file": "f", "user": "bob", "hour": "1"},
    {"name": "a", "job": "x", "cron_file": "f", "user": "bob", "special_time": "daily"},
]
VARIABLES: list[dict[str, Any]] = [
    {"name": "E", "job": "v"},
    {"name": "C", "job": "v"},
    {"name": "C", "state": "absent"},
]
PLACED: list[dict[str, Any]] = [
    {"name": "E", "job": "v", "insertafter": "A"},
    {"name": "E", "job": "v", "insertbefore": "C"},
]


def crontab_of_ansible(text: str, args: dict[str, Any]) -> Any:
    """Ansible's own crontab, with this text in it, and no host."""
    cron = importlib.import_module("ansible.modules.cron")
    table = cron.CronTab.__new__(cron.CronTab)
    table.module, table.root, table.ansible = None, True, "#Ansible: "
    table.lines, table.n_existing = text.splitlines(), text
    table.user, table.cron_file = args.get("user", "root"), args.get("cron_file")
    return table


def jobs_of_ansible(text: str, args: dict[str, Any]) -> str:
    table, name = crontab_of_ansible(text, args), args["name"]
    if args.get("state") == "absent":
        if table.find_job(name):
            table.remove_job(name)
        return str(table.render())
    when = [args.get(of, "*") for of in ("minute", "hour", "day", "month", "weekday")]
    job = table.get_cron_job(
        *when, args["job"], args.get("special_time"), args.get("disabled", False)
    )
    (table.update_job if table.find_job(name, job) else table.add_job)(name, job)
    return str(table.render())


def variables_of_ansible(text: str, args: dict[str, Any]) -> str:
    table, name = crontab_of_ansible(text, args), args["name"]
    if args.get("state") == "absent":
        if table.find_env(name):
            table.remove_env(name)
    elif table.find_env(name):
        table.update_env(name, f'{name}="{args["job"]}"')
    else:
        line = f'{name}="{args["job"]}"'
        table.add_env(line, args.get("insertafter"), args.get("insertbefore"))
    return str(table.render())


def ours(text: str, args: dict[str, Any]) -> str:
    script = Cron.model_validate(args).edit.do
    done = subprocess.run(
        ["sh", "-euc", script], input=text, text=True, capture_output=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(("text", "args"), [*itertools.product([CRONTAB, ""], JOBS)])
def test_a_job_stands_where_and_as_ansible_puts_it(text: str, args: dict[str, Any]) -> None:
    assert ours(text, args).rstrip("\n") == jobs_of_ansible(text, args).rstrip("\n")


@pytest.mark.parametrize(
    ("text", "args"),
    [*itertools.product([CRONTAB, ""], VARIABLES), *itertools.product([CRONTAB], PLACED)],
)
def test_a_variable_stands_where_and_as_ansible_puts_it(text: str, args: dict[str, Any]) -> None:
    ours_now = ours(text, {**args, "env": True})
    assert ours_now.rstrip("\n") == variables_of_ansible(text, args).rstrip("\n")


@pytest.mark.parametrize(
    "repo",
    [
        "deb http://archive.example.com/ubuntu hardy partner",
        "deb [arch=amd64 signed-by=/etc/x.asc] https://a-b.example:8080/x/y stable main",
        "deb-src https://apt.example/debian s m",
        "deb file:/srv/repository/main ./",
    ],
)
def test_a_source_is_in_the_file_that_ansible_would_name(repo: str) -> None:
    module = importlib.import_module("ansible.modules.apt_repository")
    sources = module.SourcesList.__new__(module.SourcesList)
    sources.module = type("Arguments", (), {"params": {"filename": None}})
    name = sources._suggest_filename(repo)
    assert AptRepository(repo=repo).path == f"/etc/apt/sources.list.d/{name}"
