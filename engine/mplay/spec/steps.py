"""A step: its keys, and the one module that it calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import ModuleCall, Need, Step, Text, Value
from mplay.model.task import OnFailure
from mplay.source import Map, Seq, place
from mplay.spec import forms
from mplay.spec.conditions import braced
from mplay.spec.keys import MODULES_LATER, NEED, Keys, hint_of
from mplay.spec.modules import short_name
from mplay.spec.reading import Reading
from mplay.spec.record import Record, shown
from mplay.spec.short_form import by_name
from mplay.template import is_dynamic

_DELAY = 5.0
"""Seconds between two looks of a polled check, and before another try of a step."""
_MOST_RETRIES = 1000
_MOST_HOSTS = 100_000
_MODULE_LATER = "the module `{}` is not in this version of mplay"


class Shared(TypedDict):
    """The keys that a block and a step share, read."""

    where: Where
    name: str
    hosts: Text | None
    needs: tuple[Need, ...] | None
    when: tuple[Text, ...]
    vars: dict[str, Value]
    become: Value
    become_user: Text | None
    environment: dict[str, Value]
    tags: tuple[str, ...]
    throttle: int | None
    on_failure: OnFailure | None


def read_step(record: Record, keys: Keys, reading: Reading) -> Step:
    """The step; its id is '' where none is given."""
    call = _only_call(record, keys, reading)
    module = reading.module(call.name)
    return Step(
        **read_shared(record, reading),
        id=record.formed("id", forms.identifier, ""),
        module=call,
        delegate_to=record.text("delegate_to"),
        on_change=record.texts("on_change"),
        loop=_loop(record),
        run_once=record.flag("run_once"),
        timeout=record.formed("timeout", forms.positive_duration, None),
        retries=record.formed("retries", forms.whole(1, _MOST_RETRIES), 0),
        delay=_delay(record),
        until=_until(record),
        verify=read_calls(record, "verify", reading),
        rollback=read_calls(record, "rollback", reading) if record.has("rollback") else None,
        irreversible=record.literal("irreversible"),
        no_log=record.flag("no_log"),
        local=module is not None and module.LOCAL,
    )


def read_shared(record: Record, reading: Reading) -> Shared:
    """The keys that a block and a step share."""
    return Shared(
        where=record.where,
        name=str(record.text("name") or ""),
        hosts=read_hosts(record),
        needs=_needs(record),
        when=read_conditions(record, reading),
        vars=dict(record.variables()),
        become=record.become(),
        become_user=record.text("become_user"),
        environment=dict(record.environment()),
        tags=read_tags(record),
        throttle=record.formed("throttle", forms.whole(1, _MOST_HOSTS), None),
        on_failure=record.word("on_failure", OnFailure),
    )


def read_hosts(record: Record) -> Text | None:
    """A pattern; a list of patterns is their union."""
    parts = record.texts("hosts")
    if not parts:
        return None
    pattern = parts[0] if len(parts) == 1 else Text(",".join(parts), parts[0].where)
    if not pattern.strip():
        record.wrong("hosts", "`hosts` is empty", "take it out, or name hosts or groups")
        return None
    return pattern


def read_tags(record: Record) -> tuple[str, ...]:
    """Words, as a list or with commas."""
    return tuple(str(tag) for tag in record.texts("tags", split=True))


def read_conditions(record: Record, reading: Reading) -> tuple[Text, ...]:
    """Bare expressions, all of which must hold."""
    found: list[Text] = []
    for where, item in record.items("when"):
        if isinstance(item, bool):
            found.append(Text("true" if item else "false", where))
        elif isinstance(item, Text) and item.strip():
            found.append(item)
            for problem in reading.renderer.check(item, condition=True):
                reading.problems.add(problem.what, problem.where or where, problem.hint)
        else:
            reading.problems.add(f"`when` is an expression, not {shown(item)}", where)
    return tuple(found)


def _needs(record: Record) -> tuple[Need, ...] | None:
    if not record.has("needs"):
        return None
    found = (_need(record, where, item) for where, item in record.items("needs"))
    return tuple(need for need in found if need)


def _need(record: Record, where: Where, item: Value) -> Need | None:
    if isinstance(item, Text):
        return Need(step=item)
    if isinstance(item, int) and not isinstance(item, bool):
        return Need(step=Text(str(getattr(item, "written", "") or item), where))
    if not isinstance(item, Map):
        record.problems.add(f"a need is the id or path of a step, not {shown(item)}", where)
        return None
    inner = Record(item, record.problems)
    inner.check_keys(NEED)
    step, scope = inner.text("step"), inner.text("scope")
    if scope not in {None, "host", "all"}:
        inner.wrong("scope", f"`scope` is host or all, not {shown(scope)}")
    if step is None:
        record.problems.add("a need names a step: {step: ID, scope: host}", where)
        return None
    return Need(step=step, scope=None if scope is None else str(scope))


def _loop(record: Record) -> Value:
    value = record.data.get(Text("loop"))
    if value is None or isinstance(value, Seq) or (isinstance(value, Text) and is_dynamic(value)):
        return value
    record.wrong("loop", f"`loop` is a list, or Jinja2 that gives one, not {shown(value)}")
    return None


def _until(record: Record) -> float | None:
    value = record.data.get(Text("until"))
    if isinstance(value, Text) and (is_dynamic(value) or " " in value):
        hint = "a check is polled until it passes or this time is over, with `delay` between"
        record.wrong("until", "`until` is a time such as 3m, not an expression", hint)
        return None
    return record.formed("until", forms.positive_duration, None)


def _delay(record: Record) -> float:
    if record.has("until") and record.has("retries"):
        what = "`until` and `retries` say two things: how long, and how often; take one out"
        record.problems.add(what, record.key_place("retries"))
    elif record.has("delay") and not record.has("until") and not record.has("retries"):
        what = "`delay` means nothing without `until` or `retries`"
        record.problems.add(what, record.key_place("delay"))
    return record.formed("delay", forms.positive_duration, _DELAY)


def _only_call(record: Record, keys: Keys, reading: Reading) -> ModuleCall:
    rest = [key for key in record.data if key not in keys.known | keys.later]
    calls = [key for key in rest if reading.knows(key) and not _names_handlers(record, key, rest)]
    record.check_keys(keys, passed=frozenset(rest))
    for key in rest:
        if key not in calls:
            _unknown(record, key, keys, reading, alone=not calls)
    if len(calls) > 1:
        what = f"a step calls one module, and this one calls {' and '.join(calls)}"
        reading.problems.add(what, calls[1].where, "make two steps of it")
    elif not rest:
        what = "this step calls no module"
        reading.problems.add(what, record.where, "add one, such as `shell: {run: …}`")
    name = (calls or rest or [Text("", record.where)])[0]
    return make_call(name, record.data.get(name), record, reading)


def _names_handlers(record: Record, key: Text, rest: Sequence[Text]) -> bool:
    """Whether it is Ansible's key `notify`: with arguments, or alone, it is a module of ours."""
    beside = len(rest) > 1 and not isinstance(record.data.get(key), Map)
    return short_name(key) == "notify" and beside


def _unknown(record: Record, key: Text, keys: Keys, reading: Reading, *, alone: bool) -> None:
    """A key that is neither: with no module beside it, it was probably meant to be one."""
    hint = hint_of(key)
    if not alone or hint:
        record.unknown(key, keys)
        return
    if short_name(key) in MODULES_LATER:
        reading.problems.add(_MODULE_LATER.format(short_name(key)), key.where)
        return
    names = reading.modules.names()
    near = reading.problems.suggest(short_name(key), [*names, *keys.known])
    hint = "" if near else f"modules: {', '.join(names)}"
    what = f"'{key[:80]}' is neither a key of a step nor a module.{near}"
    reading.problems.add(what, key.where, hint)


def make_call(name: Text, args: Value, record: Record, reading: Reading) -> ModuleCall:
    """A call as written; a value that can be no arguments is noted."""
    where = place(record.data, record.where, name)
    if args is None:
        args = Map(where=where)
    elif isinstance(args, int | float) and not isinstance(args, bool):
        args = Text(str(getattr(args, "written", "") or args), where)
    elif not isinstance(args, Map | Text):
        what = f"the arguments of {name} are a mapping, not {shown(args)}"
        record.problems.add(what, where)
        args = Map(where=where)
    module = reading.module(name) if name else None
    if module is not None and isinstance(args, Text) and not module.FREE_FORM:
        args = _by_name(args, name)
    args = braced(module, args) if module else args
    return ModuleCall(name=short_name(name), args=args, where=name.where)


def _by_name(text: Text, name: Text) -> Map | Text:
    """The arguments of the short form; the text itself where the check of calls will complain."""
    try:
        return by_name(text, short_name(name), text.where)
    except UsageError:
        return text


def read_calls(record: Record, key: str, reading: Reading) -> tuple[ModuleCall, ...]:
    """A list of module calls: of `verify`, of `rollback`."""
    found: list[ModuleCall] = []
    for where, item in record.items(key):
        if not isinstance(item, Map) or len(item) != 1:
            what = f"`{key}` is a list of calls such as `- shell: {{run: …}}`"
            reading.problems.add(what, where)
            continue
        name = next(iter(item))
        if short_name(name) in MODULES_LATER and not reading.knows(name):
            reading.problems.add(_MODULE_LATER.format(short_name(name)), name.where)
        elif not reading.knows(name):
            near = reading.problems.suggest(short_name(name), reading.modules.names())
            reading.problems.add(f"there is no module '{name[:80]}'.{near}", name.where)
        found.append(make_call(name, item[name], Record(item, record.problems), reading))
    return tuple(found)
