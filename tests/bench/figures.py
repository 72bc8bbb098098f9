"""From measured runs to the table and the ratios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from tests.bench.peers import Run
from tests.bench.workload import STEPS

Runs = Mapping[tuple[str, str], Sequence[Run]]
"""By workload and peer."""

RATIOS = (("changes", "limit"), ("nochange", "limit"), ("changes", "controlmaster"))
_HEAD = ("workload", "peer", "run", "min", "max", "command", "min", "max", "cpu ms")


def table(runs: Runs, hosts: int) -> Iterator[str]:
    """Lines for people: medians with the smallest and the largest, in seconds."""
    rows = [_HEAD, *(_row(*key, found, hosts) for key, found in runs.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join(cells)


def ratios(runs: Runs) -> Iterator[str]:
    """The last lines: mplay's median run time divided by a peer's."""
    for workload, peer in RATIOS:
        ours = median(run.run for run in runs[workload, "mplay"])
        theirs = median(run.run for run in runs[workload, peer])
        yield f"ratio {workload} {peer} {ours / theirs:.2f}"


def _row(workload: str, peer: str, runs: Sequence[Run], hosts: int) -> tuple[str, ...]:
    spent = median(run.processor for run in runs) / hosts / STEPS
    return (
        workload,
        peer,
        *_spread([run.run for run in runs]),
        *_spread([run.command for run in runs]),
        f"{spent * 1000:.1f}",
    )


def _spread(seconds: Sequence[float]) -> tuple[str, str, str]:
    return f"{median(seconds):.2f}", f"{min(seconds):.2f}", f"{max(seconds):.2f}"
