"""Cuts the hosts of `serial` blocks into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mplay.planner.draft import BlockItem, Draft


def batches(draft: Draft) -> None:
    """Cut by `serial`; a block with a bracket only is one batch.

    A block inside another one's batches is cut within each of them, so that an outer batch holds
    whole inner ones.
    """
    for block in draft.blocks():
        if block.batching:
            parts = _parts(draft, block)
            block.batches = tuple(b for part in parts for b in cut(part, block.block.serial))
            block.batch_of = {h: k for k, batch in enumerate(block.batches) for h in batch}


def cut(hosts: Sequence[str], serial: Sequence[int | str]) -> Iterator[tuple[str, ...]]:
    """Batches of these sizes: numbers or percentages of all, at least 1; the last one repeats."""
    sizes = [_size(entry, len(hosts)) for entry in serial] or [len(hosts)]
    begin, number = 0, 0
    while begin < len(hosts):
        size = sizes[min(number, len(sizes) - 1)]
        yield tuple(hosts[begin : begin + size])
        begin, number = begin + size, number + 1


def count(setting: int | str | None, hosts: int) -> int:
    """A number of hosts: as given, or a percentage of them rounded down."""
    if setting is None:
        return 0
    text = str(setting).strip()
    if text.endswith("%"):
        return int(hosts * float(text[:-1]) / 100)
    return int(text)


def _size(entry: int | str, hosts: int) -> int:
    return max(1, count(entry, hosts))


def _parts(draft: Draft, block: BlockItem) -> list[tuple[str, ...]]:
    outside = draft.batching(block.path)
    if not outside:
        return [block.hosts]
    outer = draft.block(outside[-1])
    own = set(block.hosts)
    parts = [tuple(h for h in batch if h in own) for batch in outer.batches]
    strangers = tuple(h for h in block.hosts if h not in outer.batch_of)
    if strangers and parts:
        parts[0] = (*parts[0], *strangers)
    return [part for part in parts if part]
