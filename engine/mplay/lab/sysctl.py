"""The one setting of the machine that many systemd hosts need, and putting it back."""

from __future__ import annotations

from pathlib import Path

from mplay.lab.place import Place

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
_PER_HOST = 10
_MACHINE = 64
RAISED = 1024


def allow(place: Place, systemd_hosts: int, setting: Path = INSTANCES) -> None:
    """Raise the number of inotify instances when this many hosts may need more of them.

    What was there is noted first, and each lab that needs the raised value signs for it.
    """
    now = int(setting.read_text())
    needs = _PER_HOST * systemd_hosts + _MACHINE
    signatures = place.run / "inotify"
    if now >= needs and not signatures.is_dir():
        return
    signatures.mkdir(parents=True, exist_ok=True)
    (signatures / f"lab-{place.name}").touch()
    before = signatures / "before"
    if not before.exists():
        half = signatures / "before.new"
        half.write_text(str(now))
        half.rename(before)
    if now < needs:
        setting.write_text(str(max(RAISED, needs)))


def restore(place: Place, setting: Path = INSTANCES) -> None:
    """Put the machine's own value back, when this was the last lab that needed another."""
    signatures = place.run / "inotify"
    if signatures.is_dir():
        (signatures / f"lab-{place.name}").unlink(missing_ok=True)
        before = signatures / "before"
        if any(signatures.glob("lab-*")):
            return
        if before.exists():
            setting.write_text(before.read_text())
            before.unlink()
        (signatures / "before.new").unlink(missing_ok=True)
        signatures.rmdir()
    if place.run.is_dir() and not any(place.run.iterdir()):
        place.run.rmdir()
