"""Plugins of all tests: options and fixtures live beside what they serve."""

from __future__ import annotations

pytest_plugins = ["mplay.testing.plugin", "tests.lab.fixtures"]
