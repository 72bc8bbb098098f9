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
    known=_words(f"{_SHARED} serial max_failed around between steps include"),
    later=_words("throttle"),
)
STEP = Keys(
    kind="a step",
    known=_words(
        f"{_SHARED} delegate_to on_change loop run_once timeout delay until verify rollback "
        "irreversible no_log"
    ),
    later=_words("throttle retries revert_after"),
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
        "id name delegate_to when vars become become_user environment timeout delay until "
        "verify no_log"
    ),
    later=STEP.later,
)
AROUND = Keys(kind="`around`", known=_words("enter check leave"))
MODULES_LATER = _words(
    "script fetch blockinfile unarchive get_url user group authorized_key cron sysctl mount "
    "apt_repository notify pip_release "
    "vulnerabilities access_review account_lock logrotate journal_vacuum postgres_slow_queries "
    "postgres_vacuum postgres_setting redis_evict redis_setting resources load_test "
    "postgres_backup backup_status postgres_restore_test postgres_archive_rows postgres_reindex "
    "postgres_integrity certificate storage_cleanup nftables hardware log_review security_alerts "
    "security_scan compliance"
)
"""Modules of later versions; one of that name in a project's own `modules/` is known, and used."""

BETWEEN = Keys(kind="`between`", known=_words("ask"), later=_words("checks soak"))
NEED = Keys(kind="a need", known=_words("step scope"))

HINTS = {
    "any_errors_fatal": "see `on_failure` and `max_failed`",
    "add_host": "name the host in the inventory",
    "async": "every task is detached already; see `timeout`",
    "become_method": "sudo is used",
    "block": "a step with `steps` is a block",
    "changed_when": "`shell` says with `state` and `expect` when it changes something",
    "failed_when": "use `verify`, or the module `query`",
    "gather_facts": "take it out: modules ask for what they need",
    "group_by": "give the hosts a group in the inventory",
    "handlers": "a step with `on_change: [ID]` reacts to a change",
    "ignore_errors": "use `on_failure: continue`",
    "import_playbook": "use `include: FILE` in a step",
    "import_tasks": "use `include: FILE`",
    "include_role": "use `include: FILE`",
    "include_tasks": "use `include: FILE`",
    "include_vars": "use `vars_files`, or from_yaml of lookup('file', …) in `vars`",
    "loop_control": "the item of a loop is `item`",
    "notify": "a step with `on_change: [ID]` reacts to a change",
    "poll": "every task is detached already; see `timeout`",
    "pre_tasks": "put them into `steps`",
    "post_tasks": "put them into `steps`",
    "register": "every result is kept: results['ID']",
    "rescue": "see `on_failure`",
    "roles": "use `include: FILE` in a step",
    "set_fact": "use `vars`, which may read results['ID']",
    "tasks": "they are called `steps`",
    "with_dict": 'use `loop: "{{ x | dict2items }}"`',
    "with_items": "use `loop`",
    "with_list": "use `loop`",
}
"""What to write instead of Ansible's keys that mplay does not have."""

RESERVED = _words(
    "ansible_check_mode ansible_host ansible_limit ansible_play_batch ansible_play_hosts "
    "ansible_play_hosts_all ansible_play_name batch before facts group_names groups hostvars "
    "inventory_dir inventory_file inventory_hostname inventory_hostname_short item omit "
    "play_hosts playbook_dir results run"
)
"""Variables that mplay sets; nobody else may."""
