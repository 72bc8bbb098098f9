"""What finished tasks left for `when`, `loop` and arguments to read, as `results[...]`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mplay.model.state import RunState
from mplay.model.task import TaskStatus

_CHANGED = {TaskStatus.CHANGED, TaskStatus.WOULD_CHANGE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a step on one host. `json` is its output parsed, None if it is no JSON."""

    status: str
    facts: Mapping[str, str] = field(default_factory=dict)
    stdout: str = ""
    items: tuple[Result, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether it changed, or in a dry-run would change, something."""
        return TaskStatus(self.status) in _CHANGED

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return TaskStatus(self.status) is TaskStatus.FAILED

    @property
    def json(self) -> Any:
        """The output as JSON, or None."""
        try:
            return json.loads(self.stdout)
        except ValueError:
            return None


class Results:
    """All results of a run; written by workers, read by anyone."""

    def __init__(self) -> None:
        self._by_step: dict[str, dict[str, Result]] = {}
        self._mutex = threading.Lock()

    def put(self, path: str, host: str, result: Result) -> None:
        """Keep the result of a step on a host."""
        with self._mutex:
            self._by_step.setdefault(path, {})[host] = result

    def of(self, path: str) -> dict[str, Result]:
        """The results of a step by host; empty while there are none."""
        with self._mutex:
            return dict(self._by_step.get(path, {}))

    def recall(self, past: RunState) -> None:
        """Take the results that are not here from the journal: a rollback may read them too."""
        for key, task in past.tasks.items():
            whole = task.outcome is not None and key.item is None and not task.void
            if whole and task.outcome and key.subject not in self.of(key.path):
                out = task.outcome
                result = Result(status=out.status, facts=out.seen, stdout=out.output.rstrip("\n"))
                self.put(key.path, key.subject, result)

    def copy(self) -> Results:
        """Another set that begins with the same results."""
        other = Results()
        with self._mutex:
            other._by_step = {path: dict(hosts) for path, hosts in self._by_step.items()}
        return other

    def seen_by(self, path: str, host: str) -> ResultView:
        """The results as the step at `path` reads them for a host."""
        return ResultView(self, path, host)


class StepResult:
    """`results['web/upgrade']`: this host's result, else the one of the step's only host."""

    def __init__(self, by_host: Mapping[str, Result], host: str) -> None:
        self.hosts = by_host
        only = next(iter(by_host.values())) if len(by_host) == 1 else None
        self._own = by_host.get(host, only)

    def __getattr__(self, name: str) -> Any:
        if self._own is None or name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._own, name)


class ResultView(Mapping[str, StepResult]):
    """`results`: steps are named by id among siblings, by path elsewhere."""

    def __init__(self, results: Results, path: str, host: str) -> None:
        self._results = results
        self._path = path
        self._host = host

    def __getitem__(self, name: str) -> StepResult:
        parents = self._path.split("/")[:-1]
        for depth in range(len(parents), -1, -1):
            found = self._results.of("/".join([*parents[:depth], name]))
            if found:
                return StepResult(found, self._host)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
