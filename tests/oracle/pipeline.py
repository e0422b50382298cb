"""The sales pipeline, worked out deal by deal in plain Python."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby, pairwise

import duckdb

DAY = 86_400
COLUMNS = (
    "stage VARCHAR, reached_opportunities BIGINT, decided_opportunities BIGINT, won_opportunities BIGINT,"
    " win_rate_pct DECIMAL(5, 2), open_opportunities BIGINT, open_amount DECIMAL(19, 2),"
    " weighted_amount DECIMAL(19, 2), completed_stays BIGINT, average_stay_days DECIMAL(12, 4)"
)


def build_pipeline(db: duckdb.DuckDBPyConnection) -> None:
    """Make `gold.sales_pipeline` from the deals and their steps."""
    deals = db.execute(
        "SELECT opportunity_id, stage, is_closed, is_won, coalesce(amount, 0), coalesce(probability_pct, 0)"
        " FROM silver.salesforce_opportunities"
    ).fetchall()
    steps = db.execute(
        "SELECT opportunity_id, stage, epoch(changed_at)::BIGINT FROM silver.opportunity_history"
        " ORDER BY opportunity_id, changed_at, step_id"
    ).fetchall()
    visits = {key: list(_visits(list(of_deal))) for key, of_deal in groupby(steps, key=lambda step: step[0])}
    rows = [_row(stage, deals, visits) for stage in _stages(deals, visits)]
    db.execute(f"CREATE OR REPLACE TABLE gold.sales_pipeline ({COLUMNS})")
    db.executemany(f"INSERT INTO gold.sales_pipeline VALUES ({', '.join('?' * 10)})", rows)


def _visits(steps: list[tuple[str, str, int]]) -> list[tuple[str, int]]:
    """The stages a deal was in, one after the other, each with the time it came in."""
    return [(stage, next(run)[2]) for stage, run in groupby(steps, key=lambda step: step[1])]


def _stages(deals, visits):
    known = {deal[0] for deal in deals}
    return {deal[1] for deal in deals} | {stage for key, of in visits.items() if key in known for stage, _ in of}


def _row(stage, deals, visits):
    reached = [d for d in deals if d[1] == stage or stage in dict(visits.get(d[0], []))]
    decided, won = sum(d[2] for d in reached), sum(d[2] and d[3] for d in reached)
    now = [d for d in deals if d[1] == stage and not d[2]]
    stays = defaultdict(list)
    for of_deal in visits.values():
        for (name, came), (_, left) in pairwise(of_deal):
            stays[name].append(left - came)
    ended = stays[stage]
    return (
        stage,
        len(reached),
        decided,
        won,
        _rounded(Decimal(100 * won) / decided, "0.01") if decided else None,
        len(now),
        sum((d[4] for d in now), Decimal(0)),
        _rounded(sum((d[4] * d[5] for d in now), Decimal(0)) / 100, "0.01"),
        len(ended),
        _rounded(Decimal(sum(ended)) / (DAY * len(ended)), "0.0001") if ended else None,
    )


def _rounded(value: Decimal, unit: str) -> Decimal:
    return value.quantize(Decimal(unit), ROUND_HALF_UP)
