"""Jinja2, bounded: values of a playbook become plain data.

A *renderer* evaluates `Text` (what a person wrote in a file) with a *scope* (variables that are
resolved when they are read). Only `Text` is ever evaluated: a plain ``str``, such as what came
from a host or out of a rendering, is data and is passed through as it is. The *sandbox* lets an
expression read and compute, within a *budget* of work and size; it cannot reach into Python.
"""

from __future__ import annotations

from mplay.template.names import DYNAMIC
from mplay.template.renderer import Renderer, is_dynamic, texts_in
from mplay.template.scope import Scope

__all__ = ["DYNAMIC", "Renderer", "Scope", "is_dynamic", "texts_in"]
