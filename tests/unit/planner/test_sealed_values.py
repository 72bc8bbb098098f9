from __future__ import annotations

import json

from mplay.model.errors import Where
from mplay.model.plan_json import values_as_json, values_from_json
from mplay.model.sealed import Sealed
from mplay.planner.digests import plain

ENVELOPE = "$ANSIBLE_VAULT;1.1;AES256\n3031\n"


def sealed(*path: str | int, envelope: str = ENVELOPE) -> Sealed:
    return Sealed(envelope=envelope, where=Where("vars.yml", 3, 4), path=path)


def test_sealed_values_come_back_from_json_and_their_envelope_is_kept_once() -> None:
    values = {"a": sealed("a"), "b": [sealed("b", 0), {"c": sealed("b", 1, "c")}], "d": "plain"}
    data = values_as_json(values)
    assert values_from_json(json.loads(json.dumps(data))) == values
    assert json.dumps(data).count("ANSIBLE_VAULT") == 1


def test_a_digest_knows_a_sealed_value_by_what_is_encrypted_not_by_its_place() -> None:
    moved = Sealed(envelope=ENVELOPE, where=Where("other.yml", 9, 9), path=("a",))
    assert plain(sealed("a")) == plain(moved)
    assert plain(sealed("a")) != plain(sealed("a", envelope=ENVELOPE + "32\n"))


def test_a_sealed_value_shown_as_text_says_nothing() -> None:
    assert str(sealed("a")) == "(encrypted)"
    assert sealed("a").reference != sealed("b").reference
