"""The newest run with an outcome says up to which version a table is published."""

from dataclasses import replace
from datetime import timedelta

from scripts.looking.lake import open_lake
from scripts.looking.published import PublishedAs, published
from shared.jobs import Status, Step
from shared.serving import ServedPath, Target
from shared.snowflake import SnowflakeTable
from tests.support.hand_made_lake import START, HandMadeLake, outcome

STOCK = "silver.stock"


def test_the_newest_run_that_knew_tells_how_far_a_table_is_published(tmp_path, catalog):
    made = HandMadeLake(tmp_path, catalog)
    upto = {"r1": (4, Status.SUCCEEDED), "r2": (7, Status.UNCHANGED), "r3": (None, Status.FAILED)}
    for day, (run, (version, status)) in enumerate(upto.items()):
        told = outcome(STOCK, Step.PUBLISH, status).model_copy(update={"target": Target.SNOWFLAKE, "version": version})
        made.record(run, START + timedelta(days=day), {}, told)
    to = SnowflakeTable("marts", "MARTS", "SALES", "stock")
    table = replace(catalog.table(STOCK), served_at=ServedPath("stock", ("id",)), published_to=to)

    assert [
        PublishedAs(target="the API", place="/stock/{id}", version=None),
        PublishedAs(target="Snowflake", place="MARTS.SALES.STOCK", version=7),
    ] == published(open_lake(str(tmp_path)), table)
    assert [] == published(open_lake(str(tmp_path)), catalog.table(STOCK))
