"""mplay: maintenance playbooks that verify every step, and can always be resumed or undone."""

from __future__ import annotations

__version__ = "0.1.0"
