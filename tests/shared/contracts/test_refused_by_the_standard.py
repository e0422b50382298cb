"""What the standard does not allow is refused with file and line, given and expected."""

import pytest

from tests.support.small_catalog import FILES, NOTES, PEOPLE, VISITS, refusal


@pytest.mark.parametrize(
    "file, old, new, said",
    [
        pytest.param(
            PEOPLE,
            "status: active",
            "statos: active",
            ["6: statos: unknown key", "given: statos", "expected: one of apiVersion", "to fix: write status"],
            id="unknown key of the contract",
        ),
        pytest.param(
            PEOPLE,
            "  purpose: People.",
            "  purpose: People.\n  porpose: x",
            ["9: description.porpose: unknown key", "expected: one of authoritativeDefinitions"],
            id="unknown key of the description",
        ),
        pytest.param(
            NOTES,
            "    database: DESK",
            "    databose: DESK",
            ["13: servers.0.databose: unknown key", "to fix: write database"],
            id="unknown key of a server",
        ),
        pytest.param(
            PEOPLE,
            "    physicalType: table",
            "    physicalType: table\n    grain: person",
            ["12: schema.0.grain: unknown key", "dataGranularityDescription"],
            id="unknown key of a table",
        ),
        pytest.param(
            PEOPLE,
            "        transformLogic: trim(who)",
            "        transformLogik: trim(who)",
            ["19: schema.0.properties.0.transformLogik: unknown key", "to fix: write transformLogic"],
            id="unknown key of a column",
        ),
        pytest.param(
            NOTES,
            "{name: who, logicalType: string, physicalType: string",
            "{name: who, logicalType: number, physicalType: decimal(9,2)",
            [
                "22: schema.0.properties.1.2): unknown key; given: 2);",
                'to fix: quote the value with the comma, as in physicalType: "decimal(9,2)"',
            ],
            id="a comma without quotes",
        ),
        pytest.param(
            VISITS,
            "          format: dd.MM.yyyy",
            "          formatt: dd.MM.yyyy",
            ["32: schema.0.properties.2.logicalTypeOptions.formatt: unknown key", "expected: one of format"],
            id="unknown key of a type's options",
        ),
        pytest.param(
            VISITS,
            "            severity: warning",
            "            severety: warning",
            ["39: schema.0.properties.2.quality.0.severety: unknown key", "to fix: write severity"],
            id="unknown key of a rule",
        ),
        pytest.param(
            VISITS,
            "{type: foreignKey, to: people.person}",
            "{type: foreignKey, too: people.person}",
            ["26: schema.0.properties.1.relationships.0.too: unknown key", "to fix: write to"],
            id="unknown key of a relationship",
        ),
        pytest.param(
            PEOPLE,
            "{property: writeDisposition, value: merge}",
            "{property: writeDisposition, valve: merge}",
            ["23: schema.0.customProperties.0.valve: unknown key", "to fix: write value"],
            id="unknown key of a custom property",
        ),
        pytest.param(
            PEOPLE,
            "    dataGranularityDescription: One row per person.\n",
            "",
            ["10: schema.0.dataGranularityDescription: missing"],
            id="a table without a grain",
        ),
        pytest.param(
            PEOPLE,
            "v3.1.0",
            "v2.2.2",
            ["1: apiVersion: bad value", "given: 'v2.2.2'", "expected: 'v3.1.0'"],
            id="another version of the standard",
        ),
        pytest.param(
            PEOPLE,
            "version: 1.0.0",
            "version: one",
            ["5: version: bad value", "given: 'one'"],
            id="a version that is no version",
        ),
        *[
            pytest.param(NOTES, "server: desk", f"server: {name}", ["10: servers.0.server: bad value", said], id=name)
            for name, said in {"The Desk": "given: 'The Desk'", "../x": "given: '../x'", "pii-key": "'pii-key'"}.items()
        ],
        pytest.param(
            PEOPLE,
            "transformSourceObjects: [bronze.desk__notes]",
            "transformSourceObjects: bronze.desk__notes",
            ["18: schema.0.properties.0.transformSourceObjects: bad value", "expected: a list"],
            id="a text for a list",
        ),
        pytest.param(
            NOTES,
            "description: Person.}",
            "description: Person, as they said.}",
            ["22: schema.0.properties.1.as they said.: unknown key", "to fix: quote the value with the comma"],
            id="a comma in braces",
        ),
        pytest.param(
            PEOPLE,
            FILES[PEOPLE],
            "- a\n- b\n",
            ["1: the document: bad value", "given: ['a', 'b']"],
            id="a document that is a list",
        ),
        pytest.param(
            PEOPLE,
            FILES[PEOPLE],
            "# nothing\n",
            ["1: the document: bad value", "given: None"],
            id="a document without content",
        ),
        pytest.param(
            PEOPLE,
            "name: people\nversion",
            "name: [people\nversion",
            ["5: not YAML", "expected: YAML"],
            id="a bracket left open",
        ),
        pytest.param(
            PEOPLE,
            "status: active",
            "status: active\nname: people",
            ["7: not YAML: the key name is written twice"],
            id="a key written twice",
        ),
    ],
)
def test_a_bad_contract_is_refused_with_file_and_line(tmp_path, file, old, new, said):
    text = refusal(tmp_path, file, old, new)

    assert f"{file}:{said[0]}" == text[: len(f"{file}:{said[0]}")], text
    assert [] == [part for part in said if part not in text], text
