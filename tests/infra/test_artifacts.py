"""An artifact's key is known before it is built, and changes with what it is made from."""

import pytest

from infra.artifacts import ARTIFACTS, ENVIRONMENT, JARS, JOBS, LAMBDAS
from scripts.setup import jars, paths
from shared.release import PYTHON

LOCK = {"uv.lock": "boto3 1"}
TREE = {
    "infra/artifacts.py": "",
    "scripts/packaging/build.py": "",
    "jobs/main.py": "main",
    "jobs/__pycache__/main.cpython-311.py": "cached",
    "lambdas/on_run_requested/handler.py": "handler",
    "shared/names.py": "names",
    "shared/contracts/gold/sales_fact.odcs.yaml": "contract",
    "shared/contracts/gold/sales_fact.sql": "select",
    "shared/notes.txt": "no source",
    **LOCK,
}


@pytest.fixture
def tree(tmp_path):
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def keys(root):
    return {name: artifact.key(root) for name, artifact in ARTIFACTS.items()}


@pytest.mark.parametrize(
    "changed, rebuilt",
    [
        pytest.param("jobs/main.py", {"jobs"}, id="a job"),
        pytest.param("lambdas/on_run_requested/handler.py", {"lambdas"}, id="a function"),
        pytest.param("shared/names.py", {"jobs", "lambdas"}, id="what both stand on"),
        pytest.param("shared/contracts/gold/sales_fact.odcs.yaml", {"jobs"}, id="a contract"),
        pytest.param("shared/contracts/gold/sales_fact.sql", {"jobs"}, id="a query"),
        pytest.param("uv.lock", {"environment", "lambdas"}, id="the lock"),
        pytest.param("scripts/packaging/build.py", {"jobs", "environment", "lambdas"}, id="the recipe"),
        pytest.param("shared/notes.txt", set(), id="what is no source"),
        pytest.param("jobs/__pycache__/main.cpython-311.py", set(), id="a cache"),
    ],
)
def test_key_changes_with_what_the_artifact_is_made_from(tree, changed, rebuilt):
    before = keys(tree)
    (tree / changed).write_text("changed")
    after = keys(tree)

    assert rebuilt == {name for name in ARTIFACTS if before[name] != after[name]}


def test_moving_text_from_one_file_to_the_next_changes_the_key(tree):
    before = JOBS.key(tree)
    (tree / "jobs/main.py").write_text("mai")
    (tree / "jobs/nain.py").write_text("n")

    assert before != JOBS.key(tree)


def test_key_is_the_same_in_another_folder(tree, tmp_path_factory):
    import shutil

    copy = tmp_path_factory.mktemp("copy") / "tree"
    shutil.copytree(tree, copy)

    assert keys(tree) == keys(copy)


@pytest.mark.parametrize("artifact", ARTIFACTS.values(), ids=ARTIFACTS)
def test_key_ends_so_that_spark_and_lambda_know_what_to_unpack(artifact):
    digest, _, extension = artifact.key().partition(".")

    assert (64, True) == (len(digest), extension in {"zip", "tgz", "jar"})


def test_packages_are_for_the_interpreter_of_the_release():
    assert (PYTHON, f"lib/python{PYTHON}/site-packages") == (ENVIRONMENT.target.python, ENVIRONMENT.packages_folder)
    assert all("aarch64" in artifact.target.platform for artifact in (ENVIRONMENT, LAMBDAS))


def test_jars_are_those_of_the_lock_by_name_and_sum():
    carried = {jar.path.name: f"{jar.sha256}.jar" for jar in jars.locked_jars() if jar.use != "image"}

    assert carried == {jar.name: jar.key() for jar in JARS}
    assert {"delta-spark_4.1_2.13-4.2.0.jar", "delta-storage-4.2.0.jar"}.isdisjoint(carried)


def test_jobs_carry_every_contract_with_its_query():
    contracts = paths.ROOT / "shared" / "contracts"
    expected = {p.relative_to(paths.ROOT) for p in contracts.rglob("*") if p.suffix in {".yaml", ".sql"}}

    assert expected <= set(JOBS.files())
    assert not any("contracts" in path.parts for path in LAMBDAS.files())
