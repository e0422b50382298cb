"""`lake recover`: cuts an incomplete copy of a lake back to the newest run that it has completely."""

from __future__ import annotations

import shlex
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.cli.output import Head, console, grid, minute, print_json
from scripts.cli.request import looks_at_a_lake

if TYPE_CHECKING:
    from rich.console import Console

    from scripts.looking.lake import Lake
    from scripts.recovering.whole import Found

SHOWN_LACKS = 5


@click.command()
@click.argument("run_id", required=False)
@click.option("--cut", "is_cut", is_flag=True, help="Cut off what came after that run; without it nothing is changed.")
@looks_at_a_lake
def command(lake: Lake, run_id: str | None, *, is_cut: bool, as_json: bool) -> None:
    """Cut a copied lake back to its newest complete run.

    Or to RUN_ID, if the copy has all of that run. Without --cut nothing is changed. For a copy in another region, where
    files arrived in any order until the first region was lost.
    """
    from scripts.looking.runs import finished_run, finished_runs
    from scripts.recovering.cut import cut
    from scripts.recovering.whole import search
    from scripts.running.lake_lock import locked
    from shared.contracts import load_catalog

    finished = finished_runs(lake)
    candidates = (finished_run(lake, name) for name in ([run_id] if run_id else finished))
    with nullcontext() if "://" in lake.root else locked(Path(lake.root)):
        looked_at = list(search(lake, load_catalog(), candidates))
        whole = next((found for found in looked_at if found.is_whole), None)
        if whole and is_cut:
            cut(lake, whole.survivors, finished[: finished.index(whole.run.run_id)])
    if as_json:
        print_json(_facts(found) for found in looked_at)
    else:
        _print(lake, looked_at, whole, is_cut=is_cut)
    sys.exit(0 if whole else 1)


def _facts(found: Found) -> dict[str, object]:
    return {
        "run_id": found.run.run_id,
        "finished_at": found.run.finished_at,
        "is_whole": found.is_whole,
        "lacks": [{"place": place, "lack": lack} for place, lack in found.lacks],
        "places": [{"place": k.stored.what, "version": k.version, "newest": k.stored.newest} for k in found.survivors],
    }


def _print(lake: Lake, looked_at: list[Found], whole: Found | None, *, is_cut: bool) -> None:
    out = console()
    for found in looked_at:
        if not found.is_whole:
            _print_lacks(out, found)
    if whole is None:
        out.print("No run is whole here." if looked_at else "No run has ended here.")
        return
    out.print(f"{whole.run.run_id}, of {minute(whole.run.finished_at)} UTC, is whole.")
    if later := [survivor for survivor in whole.survivors if survivor.is_cut]:
        stays = "cut back to" if is_cut else "would stay"
        rows = [[k.stored.what, k.stored.newest, k.version if k.version >= 0 else None] for k in later]
        out.print(grid([Head("place"), Head("newest version", right=True), Head(stays, right=True)], rows))
    _print_erasures(out, lake, whole)
    if is_cut:
        out.print("The copy is what that run left. The next run reads again what came since.")
    else:
        again = f"./lake recover {whole.run.run_id} --cut --root {shlex.quote(lake.root)}"
        out.print(f"Nothing was changed. To cut the copy back to that run: {again}", soft_wrap=True)


def _print_lacks(out: Console, found: Found) -> None:
    out.print(f"{found.run.run_id} is not whole:")
    shown = [f"  {place}: {lack}" for place, lack in found.lacks[:SHOWN_LACKS]]
    more = len(found.lacks) - len(shown)
    out.print("\n".join([*shown, *([f"  and {more} places more"] if more else [])]))


def _print_erasures(out: Console, lake: Lake, whole: Found) -> None:
    from scripts.recovering.whole import erasures_after

    for erasure in erasures_after(lake, whole.run.finished_at) if whole.run.finished_at else []:
        out.print(f"Repeat erasure {erasure.run_id} for the same person: it happened after that run.", style="yellow")
