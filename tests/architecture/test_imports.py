"""Who may import whom: the wings stand on shared/ and never on each other."""

import ast
from pathlib import Path

import pytest

from scripts.setup import paths
from tests.architecture.wings import (
    OURS,
    WINGS,
    forbidden_imports,
    modules_imported_to_run,
    python_files,
    room_of,
    top_level_imports,
)

APP = paths.ROOT / "app.py"
APP_LINES = 40


@pytest.mark.parametrize(
    "file, room",
    [
        pytest.param("shared/contracts/gold/days.py", "tables", id="a table's Python"),
        pytest.param("shared/contracts/refresh/touched.py", "shared", id="a room of the contracts"),
        pytest.param("shared/contracts/gold.py", "shared", id="a file of that name"),
    ],
)
def test_a_file_may_import_what_its_room_may(file, room):
    assert room == room_of(Path(file))


@pytest.mark.parametrize("room", ["shared", *WINGS])
def test_room_imports_only_itself_shared_and_its_own_dependency_groups(room):
    found = {
        str(file): forbidden
        for file in python_files(room)
        if (forbidden := forbidden_imports((paths.ROOT / file).read_text(encoding="utf-8"), room_of(file)))
    }

    assert {} == found


@pytest.mark.parametrize(
    "room, source, expected",
    [
        pytest.param("jobs", "from infra.stacks import storage", ["1: infra"], id="one wing in another"),
        pytest.param("jobs", "import lambdas.on_file_landed", ["1: lambdas"], id="by plain import"),
        pytest.param("lambdas", "def f():\n    import jobs", ["2: jobs"], id="hidden in a function"),
        pytest.param("shared", "import pyspark", ["1: pyspark"], id="Spark in shared"),
        pytest.param("shared", "import boto3", ["1: boto3"], id="the AWS library in shared"),
        pytest.param("shared", "import aws_cdk as cdk", ["1: aws_cdk"], id="the CDK in shared"),
        pytest.param("shared", "from jobs import main", ["1: jobs"], id="a wing in shared"),
        pytest.param("jobs", "import duckdb", ["1: duckdb"], id="a library the EMR archive does not carry"),
        pytest.param("tables", "from pyspark.sql import functions as F", [], id="Spark beside a contract"),
        pytest.param("tables", "from jobs.runtime import tables", ["1: jobs"], id="the engine beside a contract"),
        pytest.param("lambdas", "import pandas", ["1: pandas"], id="a library the function does not carry"),
        pytest.param("lambdas", "if TYPE_CHECKING:\n    import duckdb", [], id="a library for the type checker"),
        pytest.param("shared", "if TYPE_CHECKING:\n    import jobs", ["2: jobs"], id="a wing for the type checker"),
        pytest.param("infra", "from scripts.local import engine", ["1: scripts"], id="what stands on top"),
        pytest.param(
            "infra", "import constructs\nimport json\nfrom shared.names import Names", [], id="as it is meant"
        ),
        pytest.param(
            "jobs", "from pyspark.sql import functions\nimport botocore.exceptions", [], id="libraries of a job"
        ),
    ],
)
def test_forbidden_imports_are_found(room, source, expected):
    assert expected == forbidden_imports(source, room)


@pytest.mark.parametrize(
    "room, above",
    [
        ("constructs", {"stacks"}),
        ("rights", {"stacks", "constructs"}),
        ("conventions", {"stacks", "constructs", "rights"}),
    ],
)
def test_rooms_of_the_infrastructure_know_those_above_to_the_type_checker_alone(room, above):
    """A stack is made of constructs: it passes them what they need, itself too, and they take nothing out of it."""
    higher = {f.with_suffix("").as_posix().replace("/", ".") for f in python_files("infra") if f.parts[1] in above}
    texts = {f: (paths.ROOT / f).read_text(encoding="utf-8") for f in python_files("infra") if f.parts[1] == room}

    assert texts
    assert {} == {str(f): taken for f, text in texts.items() if (taken := modules_imported_to_run(text) & higher)}


def test_jobs_get_clients_of_aws_from_one_file():
    """boto3's default session is not thread-safe; that file guards it with one lock for clients and resources."""
    texts = {str(f): (paths.ROOT / f).read_text(encoding="utf-8") for f in python_files("jobs")}
    imported = {f: {name.split(".")[0] for name in modules_imported_to_run(text)} for f, text in texts.items()}

    for library in ("boto3", "smart_open"):
        assert {"jobs/runtime/aws.py"} == {f for f, libraries in imported.items() if library in libraries}


def test_jobs_open_files_with_a_client_of_that_file():
    """smart_open would build one from the default session, without the lock."""
    nodes = [(f, n) for f in python_files("jobs") for n in ast.walk(ast.parse((paths.ROOT / f).read_text("utf-8")))]
    calls = [(f, n) for f, n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == "smart_open.open"]

    assert calls
    assert [] == [f"{f}:{n.lineno}" for f, n in calls if "transport_params" not in {k.arg for k in n.keywords}]


def test_app_imports_infra_and_shared_only():
    imports = {name for _, name in top_level_imports(APP.read_text(encoding="utf-8"))}

    assert {"infra", "shared"} == imports & set(OURS)


def test_app_stays_under_forty_lines():
    assert len(APP.read_text(encoding="utf-8").splitlines()) < APP_LINES


def test_only_the_app_reads_environment_variables_for_the_infrastructure():
    assert [] == [str(file) for file in python_files("infra") if _reads_environment(paths.ROOT / file)]


def _reads_environment(file: Path) -> bool:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return any(isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} for node in nodes)
