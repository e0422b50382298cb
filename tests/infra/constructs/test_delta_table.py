"""Tables of Glue: their construct ids, and the texts of contracts as Glue accepts them."""

from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.constructs.delta_table import DeltaTable, table_id
from shared.contracts import Column


def test_names_that_differ_by_underscores_only_stay_apart():
    ids = {table_id(name) for name in ("a_b", "a__b", "ab", "aB")}

    assert 4 == len(ids)
    assert all(id_.isalnum() for id_ in ids)


def test_the_comment_of_a_column_is_one_line():
    stack = Stack(App(), "S")
    words = "What it is.\nAnd more,\n  in YAML's block form.\n"
    columns = [Column(name="a", type="bigint", description=words)]
    place = {"database": "d", "location": "s3://b/t"}
    DeltaTable(stack, "T", name="t", description="Words.", columns=columns, **place)
    [table] = Template.from_stack(stack).find_resources("AWS::Glue::Table").values()
    [column] = table["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    assert "What it is. And more, in YAML's block form." == column["Comment"]
