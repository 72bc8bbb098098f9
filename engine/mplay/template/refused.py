"""What Ansible knows and mplay does not have, by name, with what to write instead."""

from __future__ import annotations

import re

_SAME = "a dry-run and the apply after it must come to the same"
_NOT_THE_CONTROLLER = "templates do not look at the controller's files; use a module"
_SECRET = "keep the value itself under Ansible Vault: an encrypted value is opened where it is used"
_WINDOWS = "Windows is not supported"
_COMMUNITY = "it comes with a collection, and mplay has none"


def _words(text: str) -> list[str]:
    return text.split()


FILTERS: dict[str, str] = {
    "attr": "write x.name or x['name']",
    "e": "templates are no web pages",
    "escape": "templates are no web pages",
    "expanduser": "`~` is the controller's user; write the path out",
    "expandvars": "write lookup('env', 'NAME')",
    "fileglob": "write query('fileglob', 'pattern')",
    "forceescape": "templates are no web pages",
    "from_yaml_all": "use from_yaml on one document",
    "hwaddr": "see `macaddr`; neither is there: use regex_search",
    "json_query": "use map, selectattr, dict2items; jmespath is not there",
    "macaddr": "use regex_search",
    "password_hash": _SAME + "; keep the hash itself in a variable under Ansible Vault",
    "pprint": "use to_nice_json",
    "realpath": _NOT_THE_CONTROLLER,
    "safe": "templates are no web pages",
    "striptags": "templates are no web pages",
    "unvault": _SECRET,
    "urlize": "templates are no web pages",
    "vault": "mplay opens secrets and makes none; use ansible-vault encrypt_string",
    "win_basename": _WINDOWS,
    "win_dirname": _WINDOWS,
    "win_splitdrive": _WINDOWS,
    "xmlattr": "templates are no web pages",
    **dict.fromkeys(
        _words(
            "consolidate dict_kv from_csv from_ini from_xml get_path hashids_decode "
            "hashids_encode index_of ip4_hex ipaddr6 ipcut ipv6form jc keep_keys lists_mergeby "
            "parse_cli parse_xml random_mac remove_keys replace_keys slaac to_ini to_paths to_xml "
            "usable_range validate vlan_parser"
        ),
        _COMMUNITY,
    ),
}

TESTS: dict[str, str] = {
    "escaped": "templates are no web pages",
    "filter": "a filter that is not there is found by `mplay lint`",
    "finished": "no task runs on behind the playbook's back; see `timeout`",
    "started": "no task runs on behind the playbook's back; see `timeout`",
    "test": "a test that is not there is found by `mplay lint`",
    "timedout": "a task that took too long has failed",
    "vault_encrypted": _SECRET,
    "vaulted_file": _SECRET,
    **dict.fromkeys(
        _words(
            "directory exists file is_dir is_file is_link is_mount is_same_file link link_exists "
            "mount same_file"
        ),
        _NOT_THE_CONTROLLER,
    ),
}

LOOKUPS: dict[str, str] = {
    "config": "mplay has no configuration of Ansible's",
    "csvfile": "put the values into a file of `vars_files`",
    "ini": "put the values into a file of `vars_files`",
    "inventory_hostnames": "read groups['NAME'], or give `hosts` a pattern",
    "lines": "use the module `shell` or `query` on localhost and read its result",
    "password": _SAME + "; make the password once and keep it under Ansible Vault",
    "pipe": "use the module `shell` or `query` on localhost and read its result",
    "random_choice": _SAME + "; see the filter random(seed=…)",
    "unvault": _SECRET,
    "url": "use the module `get_url` or `http` on localhost and read its result",
}

VARIABLES: dict[str, str] = {
    "ansible_all_ipv4_addresses": "see `facts`",
    "ansible_become_pass": "passwords are not read by templates",
    "ansible_config_file": "mplay has no configuration of Ansible's; see mplay.toml",
    "ansible_delegated_vars": "read hostvars[HOST]",
    "ansible_diff_mode": "a playbook does the same with and without --diff",
    "ansible_facts": "mplay gathers no facts; the facts of modules are results['STEP'].facts",
    "ansible_forks": "a playbook does the same whatever --forks says",
    "ansible_index_var": "number the items in the loop: query('indexed_items', …)",
    "ansible_inventory_sources": "see inventory_file",
    "ansible_loop": "the item of a loop is `item`",
    "ansible_loop_var": "the item of a loop is `item`",
    "ansible_managed": "write the words yourself, or set it in `vars`",
    "ansible_playbook_python": "mplay's own Python is no concern of a playbook",
    "ansible_run_tags": "a partial run is a run of the same playbook; see --tags",
    "ansible_search_path": "files are found beside the file that names them",
    "ansible_skip_tags": "a partial run is a run of the same playbook; see --skip-tags",
    "ansible_verbosity": "a playbook does the same whatever -v says",
    "ansible_version": "there is no Ansible; see `mplay --version`",
    "environment": "read lookup('env', 'NAME') for the controller's",
    "now": "the present time would be another one at each look; see `run.id`",
    "role_name": "there are no roles; use `include`",
    "role_path": "there are no roles; use `include`",
    "vars": "write lookup('vars', NAME)",
}
"""Ansible's magic variables that nobody has defined."""

_CONNECTION = re.compile(r"ansible_(user|port|connection|ssh_|become|password|shell_|python_)")
_REACHED = "the inventory says nothing of it; default('…') gives what to take then"
_GATHERED = "mplay gathers no facts; ask for it with a `query` step and read results['STEP']"


def of_variable(name: str) -> str:
    """What to do about a variable that is not defined, where Ansible has one of that name."""
    if _CONNECTION.match(name) and name not in VARIABLES:
        return _REACHED
    return VARIABLES.get(name) or (_GATHERED if name.startswith("ansible_") else "")
