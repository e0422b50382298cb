import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun
from scripts.local.processes import is_alive

ROOT = Path(__file__).parents[3]

# The driver itself, with a fake session and jobs that need no Spark.
WITHOUT_SPARK = f"""
import json, os, subprocess, sys, types

sys.path.insert(0, {str(ROOT)!r})
session, jobs = types.ModuleType("jobs.runtime.session"), types.ModuleType("jobs.main")


def build_session(app_name, jars, confs):
    print("building", app_name, [str(jar) for jar in jars], confs)
    jvm = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    def nano_time():
        if jvm.poll() is not None:
            raise ConnectionRefusedError(111, "Connection refused")

    name = types.SimpleNamespace
    jvm._jvm = name(java=name(lang=name(System=name(nanoTime=nano_time))))
    return jvm


def run(args, spark):
    print("place", os.environ.get("AWS_ENDPOINT_URL"), os.environ["PYTHONPATH"])
    print("running", args, os.environ.get("LAKEWRIGHT_ENV"), os.getpid(), spark.pid)
    if args == ["raise"]:
        raise KeyError("customer_id")
    if args == ["exit"]:
        sys.exit(4)
    if args == ["last"]:
        spark.wait()
    if args == ["without jvm"]:
        spark.kill()
        spark.wait()
    return 0


session.build_session, jobs.run = build_session, run
sys.modules["jobs.runtime.session"], sys.modules["jobs.main"] = session, jobs
from scripts.local.spark_driver import main
main()
"""

PARENT = f"""
import sys
from pathlib import Path

sys.path.insert(0, {str(ROOT)!r})
from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun

driver = SparkDriver(DriverSettings(logs=Path(sys.argv[1]), command=(sys.executable, sys.argv[2])))
driver.run(JobRun(id="last", name="last", application_id="a", entry_point="e", arguments=["last"]))
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "without_spark.py"
    path.write_text(WITHOUT_SPARK)
    return path


@pytest.fixture
def driver(tmp_path, script):
    settings = DriverSettings(
        logs=tmp_path / "logs",
        jars=[Path("delta.jar")],
        confs={"spark.master": "local[2]"},
        command=(sys.executable, str(script)),
    )
    with SparkDriver(settings) as started:
        yield started


def job_run(name, **environment):
    return JobRun(id=name, name=name, application_id="a", entry_point="e", arguments=[name], environment=environment)


def test_the_session_is_built_of_the_settings(driver, tmp_path):
    driver.ready()

    log = (tmp_path / "logs" / "driver.log").read_text()
    assert "building lakewright-local ['delta.jar'] {'spark.master': 'local[2]'}" in log


def test_what_a_job_prints_is_in_its_log_and_spoils_no_answer(driver, tmp_path):
    result = driver.run(job_run("fine", LAKEWRIGHT_ENV="local"))

    assert 0 == result.exit_code
    assert "running ['fine'] local" in (tmp_path / "logs" / "fine.log").read_text()


def test_the_environment_of_one_run_is_gone_in_the_next(driver, tmp_path):
    driver.run(job_run("first", LAKEWRIGHT_ENV="local"))
    driver.run(job_run("second"))

    assert "running ['second'] None" in (tmp_path / "logs" / "second.log").read_text()


def test_a_job_after_the_jvm_died_is_served_by_a_fresh_driver(driver, tmp_path):
    driver.run(job_run("without jvm"))

    assert 0 == driver.run(job_run("next")).exit_code
    assert 2 == (tmp_path / "logs" / "driver.log").read_text().count("building")


def test_an_account_opened_after_the_driver_is_found_and_the_checkout_stays(driver, tmp_path, monkeypatch):
    driver.ready()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    driver.run(job_run("fine", PYTHONPATH="./code:./environment"))

    assert f"place http://127.0.0.1:1 {ROOT}" in (tmp_path / "logs" / "fine.log").read_text()


@pytest.mark.parametrize(
    "name, exit_code, text",
    [
        pytest.param("raise", 1, "KeyError: 'customer_id'", id="an error"),
        pytest.param("exit", 4, "running ['exit']", id="an exit code"),
    ],
)
def test_a_job_that_does_not_return_fails_with_its_reason(driver, name, exit_code, text):
    result = driver.run(job_run(name))

    assert (exit_code, True) == (result.exit_code, text in result.tail)


@pytest.mark.parametrize(
    "sign",
    [pytest.param(signal.SIGKILL, id="the parent is killed"), pytest.param(signal.SIGINT, id="ctrl-c in the parent")],
)
def test_when_the_parent_is_gone_the_driver_and_its_children_are_too(tmp_path, script, sign):
    logs = tmp_path / "logs"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(logs), str(script)], stderr=subprocess.DEVNULL)
    wait_for(lambda: (logs / "driver.log").exists() and "running" in (logs / "driver.log").read_text())
    words = (logs / "driver.log").read_text().split()
    tree = [int(word) for word in words[-2:]]
    assert [True, True] == [is_alive(pid) for pid in tree]

    os.kill(parent.pid, sign)
    parent.wait(30)

    wait_for(lambda: not any(is_alive(pid) for pid in tree))


@pytest.mark.slow
def test_the_real_driver_runs_a_real_job(tmp_path):
    """That a job without arguments is refused shows that the jobs' own code runs under Spark."""
    from scripts.local.spark_settings import LOCAL_CONFS, jar_paths

    settings = DriverSettings(logs=tmp_path / "logs", jars=jar_paths(), confs=LOCAL_CONFS)
    with SparkDriver(settings) as driver:
        driver.ready()
        result = driver.run(job_run("nothing"))

    assert 2 == result.exit_code
    assert "--job" in result.tail


def wait_for(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within thirty seconds")
