"""What to write instead of Ansible's flags and programs that mplay does not have."""

from __future__ import annotations

from collections.abc import Mapping

_KEYS = "log in with a key or an agent: mplay types no password into SSH"
_ARGS = "set `ansible_ssh_common_args` in the inventory"
_DETACHED = "every task is detached already; `mplay show` tells how it stands"

FLAGS: Mapping[str, str] = {
    "--ask-pass": _KEYS,
    "--background": _DETACHED,
    "--become-method": "sudo is used",
    "--become-pass-file": "use -K, or `ansible_become_password` from a vault",
    "--become-password-file": "use -K, or `ansible_become_password` from a vault",
    "--become-user": "write `become_user` into the playbook",
    "--conn-pass-file": _KEYS,
    "--connection": "set `ansible_connection` in the inventory",
    "--connection-password-file": _KEYS,
    "--flush-cache": "nothing is cached",
    "--force-handlers": "what `on_change` owes is in the journal: `mplay resume` does it",
    "--inventory-file": "use -i",
    "--key-file": "set `ansible_ssh_private_key_file` in the inventory",
    "--module-path": "put modules into `modules/` beside mplay.toml",
    "--one-line": "use --format ndjson",
    "--playbook-dir": "files are looked for here; variables beside the inventory",
    "--poll": _DETACHED,
    "--private-key": "set `ansible_ssh_private_key_file` in the inventory",
    "--scp-extra-args": _ARGS,
    "--sftp-extra-args": _ARGS,
    "--ssh-common-args": _ARGS,
    "--ssh-extra-args": _ARGS,
    "--start-at-task": "use --from STEP",
    "--syntax-check": "use `mplay lint PLAYBOOK`",
    "--task-timeout": "write `timeout` into a playbook's step",
    "--timeout": "set `ansible_timeout` in the inventory",
    "--tree": "use --format json",
    "-B": _DETACHED,
    "-M": "put modules into `modules/` beside mplay.toml",
    "-P": _DETACHED,
    "-T": "set `ansible_timeout` in the inventory",
    "-k": _KEYS,
    "-o": "use --format ndjson",
}
"""Flags of ansible-playbook and ansible that are refused: what to do instead."""

PROGRAMS: Mapping[str, str] = {
    "adhoc": "It is `mplay do PATTERN MODULE`.",
    "console": "Use `mplay do PATTERN MODULE`, call by call.",
    "doc": "It is `mplay modules [NAME]`.",
    "galaxy": "There are no roles or collections; a module is a file in `modules/`.",
    "playbook": "It is `mplay apply PLAYBOOK`.",
    "pull": "Runs begin where the journal is; hosts pull nothing.",
    "vault": "Keep `ansible-vault`: mplay reads what it makes.",
}
"""Names of Ansible's programs that are no commands here."""


def refusal(flag: str) -> str:
    """What a person is told who gave a flag of `FLAGS`."""
    advice = FLAGS[flag]
    return f"{flag} is not a flag of mplay\n    {advice[0].upper()}{advice[1:]}."
