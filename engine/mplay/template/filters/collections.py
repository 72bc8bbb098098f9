"""Lists and mappings: joined, compared, taken apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import pass_environment
from jinja2.filters import FILTERS as OF_JINJA
from jinja2.sandbox import SandboxedEnvironment

from mplay.template import budget as bounds

_Merge = Callable[[list[Any], list[Any]], list[Any]]
_LISTS: dict[str, _Merge] = {
    "replace": lambda _, new: new,
    "keep": lambda old, _: old,
    "append": lambda old, new: old + new,
    "prepend": lambda old, new: new + old,
    "append_rp": lambda old, new: [one for one in old if one not in new] + new,
    "prepend_rp": lambda old, new: new + [one for one in old if one not in new],
}


def join(value: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
    """The items as one text."""
    items = list(value)
    if attribute is not None:
        items = [item.get(attribute) if isinstance(item, Mapping) else item for item in items]
    parts: list[Any] = []
    for item in items:
        parts += [str(d), "None" if item is None else item] if parts else [item]
    return bounds.joined(["None" if part is None else part for part in parts])


def combine(*mappings: Any, recursive: bool = False, list_merge: str = "replace") -> Any:
    """The mappings put into one; later ones win. A list of mappings counts as its items."""
    if list_merge not in _LISTS:
        raise ValueError(f"list_merge is one of {', '.join(_LISTS)}")
    flat = flatten(mappings, levels=1)
    if wrong := [one for one in flat if not isinstance(one, Mapping)]:
        raise TypeError(f"combine takes mappings, not {type(wrong[0]).__name__}")
    lists = _LISTS[list_merge]
    result: Mapping[str, Any] = flat[-1] if flat else {}
    for one in reversed(flat[:-1]):
        result = _merged(one, result, recursive, lists)
    return dict(result)


def _merged(
    old: Mapping[str, Any], new: Mapping[str, Any], recursive: bool, lists: _Merge
) -> dict[str, Any]:
    result = dict(old)
    if old == new:  # so that lists are not appended to themselves
        return result
    for key, value in new.items():
        former = result.get(key)
        if recursive and isinstance(former, Mapping) and isinstance(value, Mapping):
            result[key] = _merged(former, value, recursive, lists)
        elif isinstance(former, list) and isinstance(value, list):
            result[key] = lists(former, value)
        else:
            result[key] = value
    return result


def dict2items(value: Mapping[str, Any], key_name: str = "key", value_name: str = "value") -> Any:
    """A mapping as a list of ``{key, value}``."""
    if not isinstance(value, Mapping):
        raise TypeError(f"dict2items takes a mapping, not {type(value).__name__}")
    return [{key_name: key, value_name: item} for key, item in value.items()]


def items2dict(value: Iterable[Any], key_name: str = "key", value_name: str = "value") -> Any:
    """A list of ``{key, value}`` as a mapping."""
    items = list(value)
    for item in items:
        if not isinstance(item, Mapping) or not {key_name, value_name} <= set(item):
            raise ValueError(f"items2dict takes mappings with '{key_name}' and '{value_name}'")
    return {item[key_name]: item[value_name] for item in items}


def flatten(value: Iterable[Any], levels: int | None = None, skip_nulls: bool = True) -> list[Any]:
    """A list with its inner lists put in; nothing is left out with `skip_nulls` false."""
    result: list[Any] = []
    for item in value:
        if skip_nulls and (item is None or item in ("None", "null")):
            continue
        if isinstance(item, list | tuple) and (levels is None or levels >= 1):
            result += flatten(item, None if levels is None else levels - 1, skip_nulls)
        else:
            result.append(item)
    return result


def subelements(value: Any, subelements: Any, skip_missing: bool = False) -> list[Any]:
    """Each mapping paired with each item of the list that a path inside it leads to."""
    if not isinstance(value, Mapping | list | tuple):
        raise TypeError("subelements takes a list or a mapping of mappings")
    elements = list(value.values()) if isinstance(value, Mapping) else list(value)
    path = subelements.split(".") if isinstance(subelements, str) else list(subelements)
    return [(one, item) for one in elements for item in _at(one, path, skip_missing)]


def _at(element: Any, path: list[str], skip_missing: bool) -> list[Any]:
    found = element
    for key in path:
        if not isinstance(found, Mapping):
            raise TypeError(f"the key {key} should lead into a mapping")
        if key not in found:
            if skip_missing:
                return []
            raise ValueError(f"an element has no key '{key}'")
        found = found[key]
    if not isinstance(found, list):
        raise TypeError(f"the key {path[-1]} should lead to a list")
    return found


@pass_environment
def unique(
    environment: SandboxedEnvironment,
    value: Iterable[Any],
    case_sensitive: bool = False,
    attribute: str | None = None,
) -> list[Any]:
    """Each item once, in order; without `case_sensitive`, A and a are the same."""
    items = list(value)
    try:
        return list(OF_JINJA["unique"](environment, items, case_sensitive, attribute))
    except TypeError:  # of lists and mappings, which cannot be hashed
        if attribute:
            raise
        return _once(items)


def union(one: Iterable[Any], two: Iterable[Any]) -> list[Any]:
    """The items of both, each once, in order."""
    return _once([*one, *two])


def intersect(one: Iterable[Any], two: Iterable[Any]) -> list[Any]:
    """The items of the first that the second has too, each once."""
    other = _Members(two)
    return _once(item for item in one if item in other)


def difference(one: Iterable[Any], two: Iterable[Any]) -> list[Any]:
    """The items of the first that the second has not, each once."""
    other = _Members(two)
    return _once(item for item in one if item not in other)


def symmetric_difference(one: Iterable[Any], two: Iterable[Any]) -> list[Any]:
    """The items that only one of both has, each once."""
    first, second = list(one), list(two)
    return _once([*difference(first, second), *difference(second, first)])


def _once(items: Iterable[Any]) -> list[Any]:
    seen = _Members(())
    return [item for item in items if seen.added(item)]


class _Members:
    """A set that takes lists and mappings too."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._hashed: set[Any] = set()
        self._others: list[Any] = []
        for item in items:
            self.added(item)

    def added(self, item: Any) -> bool:
        """Add an item; whether it is new."""
        if item in self:
            return False
        try:
            self._hashed.add(item)
        except TypeError:
            self._others.append(item)
        return True

    def __contains__(self, item: object) -> bool:
        try:
            return item in self._hashed
        except TypeError:
            return item in self._others


def _counted(parts: Iterable[Iterable[Any]], repeat: int = 1) -> list[Any]:
    """The products of lists; TooMuch before there are too many."""
    lists = [list(part) for part in parts] * repeat
    count = len(lists)
    for one in lists:
        count *= len(one)
    _check_count(count)
    return list(itertools.product(*lists))


def _check_count(count: int) -> None:
    if count > bounds.MAX_VALUES:
        raise bounds.TooMuch(f"a value would hold more than {bounds.MAX_VALUES} values")


def product(*lists: Iterable[Any], repeat: int = 1) -> list[Any]:
    """Each item of the first list with each of the others."""
    if not 0 <= repeat <= 8:
        raise bounds.TooMuch("repeat is at most 8")
    return _counted(lists, repeat)


def permutations(value: Iterable[Any], r: int | None = None) -> list[Any]:
    """All orders of the items, or of `r` of them."""
    items = list(value)
    size, count = len(items) if r is None else r, 1
    for taken in range(min(size, len(items))):
        count *= len(items) - taken
        _check_count(count * size)
    return list(itertools.permutations(items, size))


def combinations(value: Iterable[Any], r: int) -> list[Any]:
    """All selections of `r` items."""
    items = list(value)
    count = 1
    for taken in range(min(r, len(items))):
        count = count * (len(items) - taken) // (taken + 1)
        _check_count(count)
    return list(itertools.combinations(items, r))


def zip_(*lists: Iterable[Any], strict: bool = False) -> list[Any]:
    """The first items of all lists, the second ones, until the shortest ends."""
    return list(zip(*lists, strict=strict))


def zip_longest(*lists: Iterable[Any], fillvalue: Any = None) -> list[Any]:
    """The first items of all lists, the second ones, until the longest ends."""
    return list(itertools.zip_longest(*lists, fillvalue=fillvalue))


@pass_environment
def extract(
    environment: SandboxedEnvironment, item: Any, container: Any, morekeys: Any = None
) -> Any:
    """What a key leads to in a container, and further keys inside that."""
    more = [] if morekeys is None else morekeys if isinstance(morekeys, list) else [morekeys]
    for key in (item, *more):
        container = environment.getitem(container, key)
    return container


def rekey_on_member(value: Any, key: str, duplicates: str = "error") -> dict[Any, Any]:
    """Mappings by what one key of them holds."""
    if duplicates not in {"error", "overwrite"}:
        raise ValueError("duplicates is error or overwrite")
    found: dict[Any, Any] = {}
    for item in value.values() if isinstance(value, Mapping) else value:
        if not isinstance(item, Mapping) or key not in item:
            raise ValueError(f"rekey_on_member takes mappings with the key '{key}'")
        if item[key] in found and duplicates == "error":
            raise ValueError(f"two items have {item[key]!r} as '{key}'")
        found[item[key]] = item
    return found


FILTERS: dict[str, Callable[..., Any]] = {
    "combinations": combinations,
    "combine": combine,
    "dict2items": dict2items,
    "difference": difference,
    "extract": extract,
    "flatten": flatten,
    "intersect": intersect,
    "items2dict": items2dict,
    "join": join,
    "permutations": permutations,
    "product": product,
    "rekey_on_member": rekey_on_member,
    "subelements": subelements,
    "symmetric_difference": symmetric_difference,
    "union": union,
    "unique": unique,
    "zip": zip_,
    "zip_longest": zip_longest,
}
