from __future__ import annotations

from mplay.registry import Registry
from tests.unit.docs.modules_page import PAGE, page


def test_the_reference_of_modules_is_what_the_modules_say() -> None:
    written = PAGE.read_text("utf-8")
    again = "write it anew: python -m tests.unit.docs.modules_page"
    assert written == page(Registry()), again


def test_every_module_and_every_argument_is_in_the_reference() -> None:
    registry = Registry()
    sections = dict(part.split("\n", 1) for part in page(registry).split("\n## ")[1:])
    assert set(sections) == set(registry.names())
    for name, text in sections.items():
        module = registry.find(name)
        assert module is not None
        assert text.count("\n| `") >= len(module.model_fields)
