"""What the policy says about a change that no run can carry out by itself."""

import pytest

from shared.contracts import Kind
from shared.contracts.evolution.as_built import contract_facts, since_built
from shared.contracts.evolution.changes import ChangeKind, compare
from shared.contracts.evolution.policy import Level, Remedy, assessed
from tests.support.things import column, things

KEY = column("key", "bigint", required=True)


@pytest.mark.parametrize("kind, moves", [(Kind.INGESTED, True), (Kind.REFINED, False)])
def test_the_first_personal_column_of_a_landed_table_moves_it_and_a_second_one_does_not(kind, moves):
    none, one, two = (
        things(KEY, *[column(name, classification="restricted") for name in closed], kind=kind)
        for closed in ((), ("name",), ("name", "mail"))
    )

    def told(old, new):
        found = [assessed(change, new) for change in compare(old, new) if change.what is ChangeKind.MOVED]
        return [(r.change.before, r.change.after, r.level, r.remedy) for r in found]

    lake, personal = "the open lake", "the place of personal data"
    assert moves * [(lake, personal, Level.BREAKING, Remedy.MOVE)] == told(none, one)
    assert moves * [(personal, lake, Level.BREAKING, Remedy.MOVE)] == told(two, none)
    assert [] == told(one, two)
    # A table that is found at its location is where its contract puts it, so it has been moved.
    stored = {c.name: c.type for c in none.columns}
    assert ChangeKind.MOVED not in {r.change.what for r in since_built(one, stored, contract_facts(none), "")[1]}
