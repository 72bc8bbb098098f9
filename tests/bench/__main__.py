"""``python -m tests.bench``: how fast mplay is, against the limit and a peer (docs/benchmarks.md).

Brings up bare lab hosts of its own, lets the peers take turns on them, and takes them down again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mplay.lab.lab import HostStatus, Lab
from mplay.lab.place import place_from
from mplay.lab.registry import root_of
from mplay.lab.ssh import ssh_command
from mplay.lab.written_inventory import inventory_file
from mplay.model.errors import MplayError
from tests.bench import figures, workload
from tests.bench.far_side import ROUND_TRIP, FarSide, can_delay, far_side
from tests.bench.peers import Failed, Mplay, Peer, Run, control_master, limit

LAB = "bench"
"""The lab that is used where ``MPLAY_LAB_NAME`` names no other: nobody else's hosts are touched."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to measure."""

    hosts: int
    rounds: int
    delayed: bool


def main() -> None:
    """Measure, and print; the ratios are the last lines."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = _wanted()
    try:
        runs = _bench(wanted)
    except (Failed, MplayError) as error:
        sys.exit(f"bench: {error}")
    _say(f"\n{workload.STEPS} file changes a host, then the same again with nothing to change.")
    _say(f"Medians of {wanted.rounds}, in seconds; controller's CPU a host and step.\n")
    for line in (*figures.table(runs, wanted.hosts), "", *figures.ratios(runs)):
        _say(line)


def _wanted() -> Wanted:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--hosts", type=int, default=10, help="lab hosts (default: 10)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each peer (default: 5)")
    parser.add_argument("--no-delay", action="store_true", help="without the delay line")
    given = parser.parse_args()
    return Wanted(hosts=given.hosts, rounds=given.rounds, delayed=not given.no_delay)


def _bench(wanted: Wanted) -> figures.Runs:
    with ExitStack() as stack:
        lab = Lab(place_from({"MPLAY_LAB_NAME": LAB, **os.environ}), _say)
        statuses = stack.enter_context(_hosts(lab, wanted.hosts))
        delayed = wanted.delayed and can_delay()
        far = stack.enter_context(far_side(lab.place, delayed=delayed))
        _say(_distance(far, [status.address for status in statuses]))
        scratch = stack.enter_context(_scratch(lab.place.state / "bench"))
        roots = {s.name: root_of(lab.place, lab.record(s.name)) for s in statuses}
        peers = _peers(lab, scratch, list(roots), far)
        return _take_turns(peers, roots, wanted.rounds)


@contextmanager
def _hosts(lab: Lab, number: int) -> Iterator[list[HostStatus]]:
    before = {status.name for status in lab.status()}
    try:
        yield lab.up([f"bare:{number}"])
    finally:
        ours = [status.name for status in lab.status() if status.name not in before]
        if ours:
            lab.down(ours)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder beside the lab's, so on a disk, as a journal is: in memory a sync costs nothing."""
    shutil.rmtree(folder, ignore_errors=True)  # of a bench that was killed
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _distance(far: FarSide, addresses: Sequence[str]) -> str:
    measured = f"a round trip measured {far.round_trip(addresses) * 1000:.1f} ms"
    if far.delayed:
        return f"through a delay line of {ROUND_TRIP * 1000:.0f} ms: {measured}"
    return f"WITHOUT a delay line (no /dev/net/tun, or not wanted): {measured}"


def _peers(lab: Lab, scratch: Path, hosts: Sequence[str], far: FarSide) -> list[Peer]:
    ssh = {host: ssh_command(lab.place, lab.record(host), login="root") for host in hosts}
    inventory = inventory_file(lab.place, bare=True)
    return [
        limit(scratch / "limit", ssh, far),
        Mplay(scratch / "mplay", inventory, hosts, far),
        control_master(scratch / "master", ssh, far),
    ]


def _take_turns(
    peers: Sequence[Peer], roots: Mapping[str, Path], rounds: int
) -> dict[tuple[str, str], list[Run]]:
    runs: dict[tuple[str, str], list[Run]] = {
        (work, peer.name): [] for work in ("changes", "nochange") for peer in peers
    }
    for number in range(1, rounds + 1):
        for peer in peers:
            workload.clear(roots.values())
            for work, answer in (("changes", "changed"), ("nochange", "ok")):
                _wait_for_quiet()
                run = peer.run()
                _check(peer, run, answer, roots)
                runs[work, peer.name].append(run)
        _say(f"round {number} of {rounds}: " + ", ".join(_latest(runs)))
    return runs


def _check(peer: Peer, run: Run, answer: str, roots: Mapping[str, Path]) -> None:
    wrong = [name for host, root in roots.items() for name in workload.missing(host, root)]
    if wrong:
        raise Failed(f"{peer.name} did not bring about {', '.join(wrong)}")
    if list(run.answers) != [answer] * (len(roots) * workload.STEPS):
        raise Failed(f"{peer.name} did not say {answer!r} for every step, but {run.answers}")


def _latest(runs: Mapping[tuple[str, str], Sequence[Run]]) -> Iterator[str]:
    for (work, peer), found in runs.items():
        yield f"{work} {peer} {found[-1].run:.2f}"


def _wait_for_quiet() -> None:
    """Until the processors have little to do, or 1.5 seconds: a run must not pay for another."""
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        before = time.monotonic(), _busy()
        time.sleep(0.15)
        if _busy() - before[1] < 0.2 * (time.monotonic() - before[0]) * (os.cpu_count() or 1):
            return


def _busy() -> float:
    """Seconds for which this machine's processors have been at work."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    idle, waiting = int(fields[3]), int(fields[4])
    return (sum(map(int, fields[:8])) - idle - waiting) / os.sysconf("SC_CLK_TCK")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
