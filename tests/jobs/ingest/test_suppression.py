"""Erased people stay out where a column by which a list knows them has another name; a list is never passed over."""

from types import SimpleNamespace

import pytest

from jobs.ingest.suppression import erased_hash, suppress, unsuppressed
from jobs.runtime.pii_keys import read_pii_keys
from shared.errors import ContractError
from shared.jobs import Step

BRONZE = "bronze.shop__customers"


def test_a_list_is_read_on_a_column_that_was_renamed_and_refused_without_it(spark, small_lake):
    small_lake.only(BRONZE)
    job, table = small_lake.job(Step.INGEST), small_lake.catalog.table(BRONZE)
    hashes = {erased_hash(read_pii_keys(job.env), "1000001")}
    suppress(job.pii_root, table.name, "trim(customer_id)", "bigint", hashes)
    anns, bobs = (" 1000001", "Ann"), ("2", "Bob")

    def left(*names):
        flow = SimpleNamespace(job=job, table=small_lake.catalog.table(BRONZE))
        rows = unsuppressed(flow, spark.createDataFrame([anns, bobs], ", ".join(f"{n} string" for n in names)))
        return rows.columns, [tuple(row) for row in rows.collect()]

    assert (["customer_id", "name"], [bobs]) == left("customer_id", "name")
    small_lake.amend(BRONZE, "{name: customer_id, ", "{name: buyer, ")
    with pytest.raises(ContractError) as told:
        left("buyer", "name")
    assert f"given: customer_id, in {job.pii_root}" in str(told.value)
    renamed = "{name: buyer, customProperties: [{property: renamedFrom, value: customer_id}], "
    small_lake.amend(BRONZE, "{name: buyer, ", renamed)
    assert (["buyer", "name"], [bobs]) == left("buyer", "name")
