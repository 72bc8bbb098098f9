"""The keys of playbook, block and step: those that work, and those that come later."""

from __future__ import annotations

from dataclasses import dataclass, field


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a mapping of one kind may hold. `later`: known, but not in this version."""

    kind: str
    known: frozenset[str]
    later: frozenset[str] = field(default_factory=frozenset)


_SHARED = "id name hosts needs when vars become become_user environment tags on_failure"

PLAYBOOK = Keys(
    kind="a playbook",
    known=_words(
        "name description owner cadence duration hosts become become_user vars vars_files "
        "environment tags on_failure max_failed steps validate finally"
    ),
    later=_words("health observe"),
)
INCLUDED = Keys(
    kind="an included file",
    known=_words("name description owner vars hosts become become_user environment tags steps"),
)
BLOCK = Keys(
    kind="a block",
    known=_words(f"{_SHARED} serial throttle max_failed around between steps include"),
)
STEP = Keys(
    kind="a step",
    known=_words(
        f"{_SHARED} delegate_to on_change loop run_once throttle timeout retries delay until "
        "verify rollback irreversible no_log"
    ),
    later=_words("revert_after"),
)
CHECKING = Keys(
    kind="a step of `validate`",
    known=STEP.known - _words("verify rollback irreversible on_change"),
    later=STEP.later,
)
CLOSING = Keys(
    kind="a step of `finally`",
    known=STEP.known - _words("on_change rollback on_failure"),
    later=STEP.later,
)
BRACKET = Keys(
    kind="a step of `around`",
    known=_words(
        "id name delegate_to when vars become become_user environment timeout retries delay "
        "until verify no_log"
    ),
    later=STEP.later,
)
AROUND = Keys(kind="`around`", known=_words("enter check leave"))
MODULES_LATER = _words(
    "pip_release vulnerabilities access_review account_lock logrotate journal_vacuum "
    "postgres_slow_queries postgres_vacuum postgres_setting redis_evict redis_setting resources "
    "load_test postgres_backup backup_status postgres_restore_test postgres_archive_rows "
    "postgres_reindex postgres_integrity certificate storage_cleanup nftables hardware log_review "
    "security_alerts security_scan compliance"
)
"""Modules of later versions; one of that name in a project's own `modules/` is known, and used."""

BETWEEN = Keys(kind="`between`", known=_words("ask"), later=_words("checks soak"))
NEED = Keys(kind="a need", known=_words("step scope"))

HINTS = {
    "action": "name the module as a key: `shell: {run: …}`",
    "add_host": "name the host in the inventory",
    "always": "use `finally` of the playbook",
    "any_errors_fatal": "see `on_failure` and `max_failed`",
    "args": "they stand in the mapping of the module: `shell: {run: …, chdir: …}`",
    "assemble": "use `template`",
    "async": "every task is detached already; see `timeout`",
    "become_exe": "sudo is used",
    "become_flags": "sudo is used",
    "become_method": "sudo is used",
    "block": "a step with `steps` is a block",
    "changed_when": "`shell` says with `state` and `expect` when it changes something",
    "check_mode": "a whole run is foreseen: `mplay apply --dry-run`",
    "collections": "name the module itself; `mplay modules` lists all",
    "connection": "set `ansible_connection` in the inventory",
    "debug": "use `assert` with `success_msg`, or look with `-v` and `mplay show`",
    "debugger": "`mplay show last STEP` shows what was seen and sent",
    "delegate_facts": "a result is its subject's: results['ID']",
    "diff": "use `--diff`",
    "dnf": "Debian and Ubuntu are supported: use `apt`",
    "fact_path": "modules ask for what they need",
    "fail": "use `assert`",
    "failed_when": "use `verify`, or the module `query`",
    "find": "use `query`",
    "force_handlers": "what `on_change` owes is in the journal: `mplay resume` does it",
    "gather_facts": "take it out: modules ask for what they need",
    "gather_subset": "modules ask for what they need",
    "gather_timeout": "modules ask for what they need",
    "git": "use `shell` with `state`, `expect` and `undo`",
    "group_by": "give the hosts a group in the inventory",
    "handlers": "a step with `on_change: [ID]` reacts to a change",
    "ignore_errors": "use `on_failure: continue`",
    "ignore_unreachable": "see `max_failed`",
    "import_playbook": "use `include: FILE` in a step",
    "import_role": "use `include: FILE`",
    "import_tasks": "use `include: FILE`",
    "include_role": "use `include: FILE`",
    "include_tasks": "use `include: FILE`",
    "include_vars": "use `vars_files`, or from_yaml of lookup('file', …) in `vars`",
    "local_action": "use `delegate_to: localhost`",
    "loop_control": "the item of a loop is `item`",
    "mail": "use `notify`",
    "max_fail_percentage": "use `max_failed: 25%`",
    "meta": "steps with `on_change` run where they stand; nothing is gathered or cached",
    "module_defaults": "put them into the calls, or into a variable",
    "notify": "a step with `on_change: [ID]` reacts to a change",
    "order": "hosts go in the order of the inventory",
    "package": "Debian and Ubuntu are supported: use `apt`",
    "package_facts": "use `query`",
    "pip": "use `shell` with `state`, `expect` and `undo`",
    "poll": "every task is detached already; see `timeout`",
    "port": "set `ansible_port` in the inventory",
    "post_tasks": "put them into `steps`",
    "pre_tasks": "put them into `steps`",
    "raw": "use `shell`: no Python is needed on a host",
    "register": "every result is kept: results['ID']",
    "remote_user": "set `ansible_user` in the inventory, or use `-u`",
    "replace": "use `lineinfile`, `blockinfile` or `template`",
    "rescue": "see `on_failure`",
    "roles": "use `include: FILE` in a step",
    "service_facts": "use `query`",
    "set_fact": "use `vars`, which may read results['ID']",
    "setup": "modules ask for what they need; `mplay inventory facts` shows some",
    "slack": "use `notify`",
    "slurp": "use `query`, or `fetch`",
    "stat": "use `query`, or a `when` on results['ID'].facts",
    "strategy": "hosts wait for each other at needs and batches only; see `serial`",
    "systemd": "use `service`",
    "systemd_service": "use `service`",
    "tasks": "they are called `steps`",
    "uri": "use `http`",
    "vars_prompt": "use `-e`, or a vault",
    "wait_for_connection": "use `reboot`, which waits by itself",
    "with_dict": 'use `loop: "{{ x | dict2items }}"`',
    "with_fileglob": "list the files in `loop`",
    "with_indexed_items": 'use `loop: "{{ range(a | length) }}"`',
    "with_file": "use `loop: \"{{ query('file', …) }}\"`",
    "with_first_found": "use `lookup('first_found', …)` in the argument",
    "with_flattened": 'use `loop: "{{ x | flatten }}"`',
    "with_items": "use `loop`",
    "with_list": "use `loop`",
    "with_nested": 'use `loop: "{{ a | product(b) }}"`',
    "with_sequence": 'use `loop: "{{ range(1, 5) }}"`',
    "with_subelements": 'use `loop: "{{ a | subelements(key) }}"`',
    "with_together": 'use `loop: "{{ a | zip(b) }}"`',
    "yum": "Debian and Ubuntu are supported: use `apt`",
}
"""What to write instead of Ansible's keys and modules that mplay does not have."""


def hint_of(key: str) -> str:
    """What to write instead of a key of Ansible's, with or without the prefix of its modules."""
    return HINTS.get(key.rpartition(".")[2] if key.startswith("ansible.") else key, "")


RESERVED = _words(
    "ansible_check_mode ansible_host ansible_limit ansible_play_batch ansible_play_hosts "
    "ansible_play_hosts_all ansible_play_name batch before facts group_names groups hostvars "
    "inventory_dir inventory_file inventory_hostname inventory_hostname_short item omit "
    "play_hosts playbook_dir results run"
)
"""Variables that mplay sets; nobody else may."""
