"""Lists of steps: blocks with their brackets and batches, and files that are put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias, TypeVar

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Around, Between, Block, Step, Text, Value
from mplay.source import Map, Seq, load
from mplay.spec import forms, keys
from mplay.spec.files import tidy
from mplay.spec.ids import check_reserved, with_ids
from mplay.spec.keys import Keys
from mplay.spec.reading import MAX_STEPS, Reading
from mplay.spec.record import Record, shown
from mplay.spec.steps import read_shared, read_step
from mplay.template import is_dynamic

Made = TypeVar("Made", Step, Step | Block)
Steps: TypeAlias = tuple[Step | Block, ...]


class Ask(StrEnum):
    """When a person is asked between two batches."""

    FIRST = "first"
    EACH = "each"


def read_steps(record: Record, key: str, reading: Reading) -> Steps:
    """Steps and blocks of a list."""
    return _list(record, key, reading, lambda item: _step_or_block(item, reading))


def read_only_steps(record: Record, key: str, kind: Keys, reading: Reading) -> tuple[Step, ...]:
    """Steps of a list that can hold no blocks."""

    def make(item: Record) -> Step:
        for block in ("steps", "include"):
            if item.has(block):
                item.wrong(block, f"{kind.kind} cannot be a block")
        known = replace(kind, later=kind.later | {"steps", "include"})
        return read_step(item, known, reading)

    return _list(record, key, reading, make)


def _list(
    record: Record, key: str, reading: Reading, make: Callable[[Record], Made]
) -> tuple[Made, ...]:
    value = record.data.get(Text(key))
    if value is None:
        return ()
    if not isinstance(value, Seq):
        record.wrong(key, f"`{key}` is a list of steps, not {shown(value)}")
        return ()
    made: list[Made] = []
    for where, item in zip(value.places, value, strict=True):
        if not isinstance(item, Map):
            reading.problems.add(f"a step is a mapping, not {shown(item)}", where)
        elif _within(reading, where):
            made.append(make(Record(item, record.problems)))
    return with_ids(made, record.problems)


def _within(reading: Reading, where: Where) -> bool:
    reading.steps += 1
    if reading.steps > MAX_STEPS:
        what = f"the playbook has more than {MAX_STEPS} steps once its includes are put in"
        if reading.steps == MAX_STEPS + 1:
            reading.problems.add(what, where)
        return False
    return True


def _step_or_block(record: Record, reading: Reading) -> Step | Block:
    if Text("steps") in record.data or Text("include") in record.data:
        return _block(record, reading)
    return read_step(record, keys.STEP, reading)


def _block(record: Record, reading: Reading) -> Block:
    _check_block_keys(record, reading)
    block = Block(
        **read_shared(record, reading),
        id=record.formed("id", forms.identifier, ""),
        steps=(),
        serial=_serial(record),
        max_failed=record.formed("max_failed", lambda value: forms.share(value, 0), None),
        around=_around(record, reading),
        between=_between(record),
    )
    if record.has("include"):
        if record.has("steps"):
            record.wrong("include", "a block has `steps` or `include`, not both")
        return _included(block, record, reading)
    steps = read_steps(record, "steps", reading)
    check_reserved(steps, _taken(block), reading.problems)
    if not steps and not isinstance(record.data.get(Text("steps")), Map | Text):
        reading.problems.add("this block has no steps", record.where)
    return replace(block, steps=steps)


def _taken(block: Block) -> frozenset[str]:
    """Ids that stand for the parts of the block itself."""
    bracket = {"enter", "check", "leave"} if block.around else set()
    return frozenset(bracket | ({"between"} if block.between else set()))


def _check_block_keys(record: Record, reading: Reading) -> None:
    calls = [key for key in record.data if key not in keys.BLOCK.known and reading.knows(key)]
    record.check_keys(keys.BLOCK, passed=frozenset(calls))
    for key in calls:
        reading.problems.add(
            f"a block calls no module, and this one calls {key}",
            key.where,
            "put it into a step of its own",
        )


def _serial(record: Record) -> tuple[int | str, ...]:
    found: list[int | str] = []
    for where, item in record.items("serial"):
        try:
            found.append(forms.share(item, 1))
        except ValueError as error:
            record.problems.add(f"an entry of `serial` {error}, not {shown(item)}", where)
    return tuple(found)


def _around(record: Record, reading: Reading) -> Around | None:
    if not record.has("around"):
        return None
    inner = _inner(record, "around", keys.AROUND)
    if inner is None:
        return None
    enter, check, leave = (
        read_only_steps(inner, name, keys.BRACKET, reading) for name in ("enter", "check", "leave")
    )
    return Around(enter=enter, check=check, leave=leave)


def _between(record: Record) -> Between | None:
    if not record.has("between"):
        return None
    inner = _inner(record, "between", keys.BETWEEN)
    if inner is None:
        return None
    if not record.has("serial"):
        where = record.key_place("between")
        record.problems.add("`between` means nothing without `serial`", where)
    return Between(ask=str(inner.word("ask", Ask) or ""))


def _inner(record: Record, key: str, kind: Keys) -> Record | None:
    value = record.data.get(Text(key))
    if not isinstance(value, Map):
        record.wrong(key, f"`{key}` is a mapping, not {shown(value)}")
        return None
    inner = Record(value, record.problems)
    inner.check_keys(kind)
    return inner


def _included(block: Block, record: Record, reading: Reading) -> Block:
    written = record.text("include")
    if written is None or is_dynamic(written) or not written:
        if written is not None:
            record.wrong("include", "`include` names a file, without Jinja2")
        return block
    path = str(tidy(Path(written.where.file).parent / written))
    block = replace(block, included_from=path, name=block.name or Path(path).stem)
    if path in reading.including:
        circle = [*reading.including[reading.including.index(path) :], path]
        what = f"files include each other in a circle: {' -> '.join(circle)}"
        reading.problems.add(what, written.where)
        return block
    reading.including.append(path)
    try:
        return _put_in(block, written, Path(path), reading)
    except UsageError as error:
        reading.problems.take(error, written.where)
        return block
    finally:
        reading.including.pop()


def _put_in(block: Block, written: Text, path: Path, reading: Reading) -> Block:
    text = reading.finder.read(path, written.where)
    reading.finder.included_by.setdefault(str(path), written.where.file)
    content = load(text.encode(), str(path))
    inside = _as_mapping(content, Where(str(path)))
    record = Record(inside, reading.problems)
    record.check_keys(keys.INCLUDED)
    shared = read_shared(record, reading)
    steps = read_steps(record, "steps", reading)
    check_reserved(steps, _taken(block), reading.problems)
    if not steps:
        reading.problems.add("the included file has no steps", Where(str(path)))
    return replace(
        block,
        steps=steps,
        hosts=block.hosts or shared["hosts"],
        vars=shared["vars"],
        given=block.vars,
        become=shared["become"] if block.become is None else block.become,
        become_user=block.become_user or shared["become_user"],
        environment={**shared["environment"], **block.environment},
        tags=tuple(dict.fromkeys((*shared["tags"], *block.tags))),
    )


def _as_mapping(content: Value, where: Where) -> Map:
    """An included file is a list of steps, or a mapping with `steps`."""
    if isinstance(content, Map):
        return content
    inside = Map(where=where)
    if isinstance(content, Seq):
        inside[Text("steps", where)] = content
        inside.places["steps"] = content.where
        return inside
    raise UsageError("an included file holds a list of steps", where=where)
