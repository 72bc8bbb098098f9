"""The JSON Schema (draft 7) of a playbook, for editors: from the keys and the modules' fields.

It takes every playbook that loads. What only the loader can tell it lets pass: needs that lead
nowhere, circles, patterns, what is inside of Jinja2. Words that YAML 1.1 reads as yes and no are
taken as text too, because an editor that reads YAML 1.2 sees them so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mplay.model.task import OnFailure
from mplay.registry import arguments_schema
from mplay.registry.schema import JINJA, YES_NO, Schema
from mplay.spec import keys
from mplay.spec.blocks import Ask
from mplay.spec.keys import Keys
from mplay.spec.loader import Cadence
from mplay.spec.modules import Modules

DIALECT = "http://json-schema.org/draft-07/schema#"
_DURATION = r"^(?=.)(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s?)?$"
_SHARE = r"^[0-9]{1,6}$|^[0-9]{1,3} *%$"
_PREFIX = r"^ansible\.(?:builtin|legacy)\."
_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": ["array", "null"], "items": items}


def _words(words: Iterable[str]) -> Schema:
    return {"enum": [*words, None]}


_TEXT: Schema = {"type": ["string", "number", "null"]}
_TEXTS: Schema = {"type": ["string", "integer", "array", "null"], "items": {"type": _TEXT["type"]}}
_FLAG: Schema = {"type": ["boolean", "string", "null"], "pattern": YES_NO}
_FLAG_OR_JINJA: Schema = {**_FLAG, "pattern": f"(?:{YES_NO})|{JINJA}"}
_ID: Schema = {"type": ["string", "integer", "null"], "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_TIME: Schema = {"type": ["string", "number", "null"], "pattern": _DURATION, "minimum": 0}
_HOSTS: Schema = {"type": ["string", "integer", "null"], "pattern": _SHARE, "minimum": 0}
_NUMBER: Schema = {"type": ["string", "integer", "null"], "pattern": "^[0-9]{1,6}$", "minimum": 1}
_VARS: Schema = {"type": ["object", "null"], "propertyNames": {"pattern": _NAME}}
_CALLS: Schema = {"anyOf": [_ref("call"), {"type": "array", "items": _ref("call")}]}

_KEYS: Mapping[str, tuple[str, Schema]] = {
    "name": ("Text for people.", _TEXT),
    "description": ("Text for people.", _TEXT),
    "owner": ("Who answers for this playbook.", _TEXT),
    "cadence": ("How often the procedure is due.", _words(Cadence)),
    "duration": ("How long it takes, until history knows better.", _TIME),
    "hosts": ("A pattern of hosts and groups, or a list of them.", _TEXTS),
    "become": ("Whether steps run as another user, by sudo.", _FLAG_OR_JINJA),
    "become_user": ("As which user; root by default.", _TEXT),
    "vars": ("Variables; they may refer to each other.", _VARS),
    "vars_files": ("Files of variables, beside the playbook.", _TEXTS),
    "environment": ("Variables of the process.", _VARS),
    "tags": ("Words, as a list or with commas.", _TEXTS),
    "on_failure": ("What a failure leads to; the innermost setting wins.", _words(OnFailure)),
    "max_failed": ("So many hosts may fail: a number or a percentage.", _HOSTS),
    "steps": ("Steps and blocks.", _list(_ref("step"))),
    "validate": ("Checks after the steps.", _list(_ref("checking"))),
    "finally": ("Steps for the end, whatever happened.", _list(_ref("closing"))),
    "health": ("What is probed all through the run.", {}),
    "observe": ("What is watched after the run.", {}),
    "id": ("The step's name among its siblings: letters, digits, _ and -.", _ID),
    "needs": (
        "Ids of siblings or paths (web/conf); without the key the step before it.",
        {"anyOf": [_ref("need"), {"type": ["array", "null"], "items": _ref("need")}]},
    ),
    "when": (
        "An expression without braces, or a list of them that must all hold.",
        {"type": ["string", "boolean", "array", "null"], "items": {"type": ["string", "boolean"]}},
    ),
    "delegate_to": ("The host that does it for its subject.", _TEXT),
    "on_change": ("Runs on a host where one of these steps changed something.", _TEXTS),
    "loop": (
        "A list, or Jinja2 that gives one; the item is `item`.",
        {"type": ["array", "string", "null"], "pattern": JINJA},
    ),
    "run_once": ("On the first host only.", _FLAG),
    "throttle": ("At most so many hosts at a time.", _NUMBER),
    "timeout": ("A time limit, instead of the module's own.", _TIME),
    "retries": ("How often a failed task is tried again.", _NUMBER),
    "delay": ("A time between two tries or looks.", _TIME),
    "until": ("How long a check is polled until it passes.", _TIME),
    "verify": ("Checks that must pass after the change and after its undo.", _CALLS),
    "rollback": ("Calls that undo the step, instead of the module's own way back.", _CALLS),
    "irreversible": ("Why it is acceptable that there is no way back.", _TEXT),
    "revert_after": ("Reverts by itself unless mplay gets in again within this time.", _TIME),
    "no_log": ("Neither content nor output is shown or kept.", _FLAG),
    "include": ("A file of steps beside this one.", {"type": "string"}),
    "serial": (
        "Batches: hosts as a number or a percentage, or a list of them; the last one repeats.",
        {**_HOSTS, "type": ["string", "integer", "array", "null"], "items": _HOSTS},
    ),
    "around": (
        "How a host leaves service and comes back.",
        {"anyOf": [_ref("around"), {"type": "null"}]},
    ),
    "between": ("What stands between two batches.", {"anyOf": [_ref("between"), {"type": "null"}]}),
    "enter": ("Steps on each host's way out of service.", _list(_ref("bracket"))),
    "check": ("Checks before it comes back.", _list(_ref("bracket"))),
    "leave": ("Steps on its way back into service.", _list(_ref("bracket"))),
    "ask": ("A person's yes: after the first batch, or after each.", _words(Ask)),
    "checks": ("Checks that must pass before the next batch.", {}),
    "soak": ("A time between two batches.", _TIME),
    "step": ("The step that is needed.", _TEXT),
    "scope": ("Done on the same host, or on all.", {"enum": ["host", "all", None]}),
}


def playbook_schema(modules: Modules) -> Schema:
    """The schema of a playbook that may call these modules. UsageError for a broken one."""
    names = modules.names()
    arguments = {
        f"module_{name}": arguments_schema(name, found)
        for name in names
        if (found := modules.find(name))
    }
    return {
        "$schema": DIALECT,
        "title": "A playbook of mplay",
        **_mapping(keys.PLAYBOOK),
        "required": ["steps"],
        "definitions": {
            "step": {
                "if": {"anyOf": [{"required": ["steps"]}, {"required": ["include"]}]},
                "then": _ref("block"),
                "else": _ref("task"),
            },
            "block": _mapping(keys.BLOCK),
            "task": _calling(keys.STEP, names),
            "checking": _calling(keys.CHECKING, names),
            "closing": _calling(keys.CLOSING, names),
            "bracket": _calling(keys.BRACKET, names),
            "around": _mapping(keys.AROUND),
            "between": _mapping(keys.BETWEEN),
            "need": {
                **_mapping(keys.NEED),
                "type": ["object", "string", "integer"],
                "required": ["step"],
            },
            "call": _call(names),
            **arguments,
        },
    }


def _mapping(known: Keys) -> Schema:
    return {
        "type": "object",
        "properties": {key: _key(key) for key in sorted(known.known)},
        "additionalProperties": False,
    }


def _key(key: str) -> Schema:
    text, schema = _KEYS[key]
    return {"description": text, **schema}


def _calling(known: Keys, names: Iterable[str]) -> Schema:
    """A step: its keys, and exactly one module, with or without Ansible's prefix."""
    calls = _call(names)
    made = _mapping(known)
    return {
        **made,
        "properties": {**made["properties"], **calls["properties"]},
        "patternProperties": calls["patternProperties"],
        "if": {"propertyNames": {"not": {"pattern": _PREFIX}}},
        "then": {"oneOf": [{"required": [name]} for name in calls["properties"]]},
        "else": {"not": {"anyOf": [{"required": [name]} for name in calls["properties"]]}},
    }


def _call(names: Iterable[str]) -> Schema:
    """A mapping of one module's name to its arguments."""
    listed = list(names)
    return {
        "type": "object",
        "properties": {name: _ref(f"module_{name}") for name in listed},
        "patternProperties": {f"{_PREFIX}{name}$": _ref(f"module_{name}") for name in listed},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def fragments() -> Mapping[str, Any]:
    """Every key that the schema can describe, of playbooks, blocks, steps and what is in them."""
    return _KEYS
