"""What contract files say about personal data is what the compiled contracts say."""

from shared.contracts import load_catalog
from shared.personal_data import closed_columns


def test_the_files_alone_say_what_the_compiled_contracts_say():
    tables = load_catalog().tables.values()

    found = closed_columns()

    assert {t.name: t.closed_columns for t in tables if t.is_personal} == found
    assert found
