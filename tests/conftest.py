"""Plugins of all tests: options and fixtures live beside what they serve."""

from __future__ import annotations

import os

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Each worker has hosts of its own, so that tests in different files cannot meet on one.
    os.environ["MPLAY_LAB_NAME"] = f"{os.environ.get('MPLAY_LAB_NAME', 'test')}-{worker}"

pytest_plugins = ["mplay.testing.plugin", "tests.lab.fixtures"]
