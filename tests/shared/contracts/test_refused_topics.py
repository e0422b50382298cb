"""A Kafka source that does not fit a topic is refused with file and line."""

import pytest

from shared.contracts import load_catalog
from shared.contracts.source_model import RegisteredSchema
from shared.errors import ContractError

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: bronze-kafka-notes
name: kafka__notes
version: 1.0.0
status: active
description: {purpose: Notes.}
servers:
  - server: kafka
    type: kafka
    host: kafka
    format: avro
    customProperties:
      - {property: schemas, value: s3://landing/schemas}
schema:
  - name: kafka__notes
    physicalName: notes
    physicalType: table
    dataGranularityDescription: One row per record.
    properties:
      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Note.}
    customProperties:
      - {property: writeDisposition, value: append}
"""
SCHEMAS = "      - {property: schemas, value: s3://landing/schemas}\n"
APPEND = "      - {property: writeDisposition, value: append}\n"


def compiled(folder, text):
    file = folder / "bronze" / "kafka__notes.odcs.yaml"
    file.parent.mkdir()
    file.write_text(text)
    return load_catalog(folder).table("bronze.kafka__notes").source


def test_a_topic_is_named_by_its_server_and_its_physical_name(tmp_path):
    source = compiled(tmp_path, CONTRACT)

    assert ("kafka", "notes", "avro", "s3://landing/schemas", None, True, 5_000_000) == (
        source.system,
        source.object,
        source.format,
        source.schemas,
        source.registry,
        source.fail_on_data_loss,
        source.max_offsets,
    )


@pytest.mark.parametrize(
    "place, registered",
    [
        pytest.param("s3://landing/schemas", None, id="a folder"),
        pytest.param("glue://shop", RegisteredSchema("shop", "notes"), id="a registry, by the topic's name"),
        pytest.param("glue://shop.eu/a_note", RegisteredSchema("shop.eu", "a_note"), id="a schema of its own name"),
    ],
)
def test_schemas_are_in_a_folder_or_a_registry(tmp_path, place, registered):
    assert registered == compiled(tmp_path, CONTRACT.replace("s3://landing/schemas", place)).registered


def test_json_written_by_glues_serializer_needs_no_registry(tmp_path):
    text = CONTRACT.replace("s3://landing/schemas", "glue://shop").replace("format: avro", "format: json")
    source = compiled(tmp_path, text)

    assert (True, None, None) == (source.may_be_packed, source.registered, source.registry)


@pytest.mark.parametrize("place", ["https://registry.example.com/apis/ccompat/v7", "http://127.0.0.1:8081"])
def test_schemas_may_come_from_a_registry(tmp_path, place):
    source = compiled(tmp_path, CONTRACT.replace("s3://landing/schemas", place))

    assert (place, None, False) == (source.registry, source.registered, source.may_be_packed)


@pytest.mark.parametrize(
    "old, new, said",
    [
        pytest.param("    host: kafka\n", "", "9: a kafka server needs host", id="no host"),
        pytest.param("format: avro", "format: csv", "9: format does not fit a Kafka topic; given: csv", id="a format"),
        pytest.param("format: avro", "format: json", "9: schemas does not fit a Kafka topic", id="schemas of JSON"),
        pytest.param("    customProperties:\n" + SCHEMAS, "", "9: schemas does not fit", id="Avro without schemas"),
        pytest.param("s3://landing/schemas", "glue://", "9: schemas does not fit", id="no registry"),
        pytest.param("s3://landing/schemas", "glue://a/b/c", "9: schemas does not fit", id="more than a schema"),
        pytest.param("s3://landing/schemas", "glue://a b", "9: schemas does not fit", id="no name of a registry"),
        *(
            pytest.param(
                "s3://landing/schemas", place, f"9: schemas does not fit a Kafka topic; given: {said};", id=place
            )
            for place, said in {
                "http://registry.example.com": "http://registry.example.com",
                "https://": "https://",
                "schemas/kafka": "schemas/kafka",
                "s3://landing/": "s3://landing/",
                "s3://my-bucket/schemas": "s3://my-bucket/schemas",
                "arn:aws:glue:eu-west-1:111122223333:schema/a": "arn:aws:glue:eu-west-1:111122223333:schema/a",
                "confluent://registry/shop": "confluent://registry/shop",
                "https://me:canary@registry.example.com": "https://registry.example.com",
                "https://registry.example.com/?key=canary": "https://registry.example.com/",
                "https://registry.example.com:port": "https://registry.example.com:port",
            }.items()
        ),
        pytest.param("s3://landing/schemas", "7", "9: schemas does not fit", id="a number for a place"),
        pytest.param(
            SCHEMAS,
            SCHEMAS + "      - {property: envelope, value: debezium}\n",
            "9: envelope does not fit a Kafka topic; given: debezium; expected: debezium, in json",
            id="an envelope in Avro",
        ),
        pytest.param(
            SCHEMAS,
            SCHEMAS + "      - {property: failOnDataLoss, value: maybe}\n",
            "9: failOnDataLoss does not fit a Kafka topic; given: maybe; expected: true or false",
            id="neither true nor false",
        ),
        *(
            pytest.param(
                SCHEMAS,
                SCHEMAS + f"      - {{property: maxOffsetsPerTrigger, value: {given}}}\n",
                f"9: maxOffsetsPerTrigger does not fit a Kafka topic; given: {said}; expected: a whole number from 1",
                id=f"a batch of {given}",
            )
            for given, said in {"0": "0", "true": "True", "1.5": "1.5", "many": "many"}.items()
        ),
        pytest.param(
            SCHEMAS,
            SCHEMAS + "      - {property: offsets, value: latest}\n",
            "15: unknown custom property; given: offsets; "
            "expected: envelope, failOnDataLoss, maxOffsetsPerTrigger, schemas",
            id="an unknown property",
        ),
        pytest.param(
            APPEND,
            APPEND.replace("append", "snapshot"),
            "23: writeDisposition does not fit a Kafka topic",
            id="a snapshot",
        ),
        pytest.param(
            APPEND, APPEND + "      - {property: cursor, value: id}\n", "24: cursor does not fit", id="a cursor"
        ),
    ],
)
def test_what_does_not_fit_a_topic_is_refused(tmp_path, old, new, said):
    assert 1 == CONTRACT.count(old)
    with pytest.raises(ContractError) as caught:
        compiled(tmp_path, CONTRACT.replace(old, new))

    assert f"bronze/kafka__notes.odcs.yaml:{said}" in str(caught.value)
