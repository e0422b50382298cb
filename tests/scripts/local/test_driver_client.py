import os
import sys
import threading
import time

import pytest

from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun
from scripts.local.processes import PROC, is_alive
from shared.errors import TerminalError

# Has the protocol of scripts.local.spark_driver, without Spark; its first argument is what it does.
STAND_IN = """
import json, os, subprocess, sys, time

settings = json.loads(sys.stdin.readline())
print("settings", settings["app_name"], settings["confs"], file=sys.stderr)
if sys.argv[1] == "dies at boot":
    sys.exit("no Java here")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    run = json.loads(line)
    print("log of", run["id"], os.getpid(), child.pid, file=sys.stderr, flush=True)
    if run["args"] == ["die"]:
        os.kill(os.getpid(), 9)
    if run["args"] == ["last"]:
        time.sleep(600)
    code = 3 if run["args"] == ["fail"] else 0
    print(json.dumps({"id": run["id"], "exit_code": code, "error": "KeyError: x" if code else ""}), flush=True)
"""


@pytest.fixture
def make_driver(tmp_path):
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN)
    made = []

    def make(behaviour="serves"):
        command = (sys.executable, str(script), behaviour)
        settings = DriverSettings(logs=tmp_path / "logs", confs={"spark.master": "local[2]"}, command=command)
        made.append(SparkDriver(settings))
        return made[-1]

    yield make
    for driver in made:
        driver.stop()


def job_run(name, *arguments):
    return JobRun(id=name, name=name, application_id="a", entry_point="e", arguments=list(arguments))


def pids(tmp_path, name):
    """The process that served a run, and its child."""
    words = (tmp_path / "logs" / f"{name}.log").read_text().split()
    return [int(word) for word in words[words.index("of") + 2 :][:2]]


def test_one_driver_serves_one_run_after_another(make_driver, tmp_path):
    driver = make_driver()

    results = [driver.run(job_run(name)) for name in ("one", "two")]

    assert [0, 0] == [result.exit_code for result in results]
    assert pids(tmp_path, "one") == pids(tmp_path, "two")


def test_every_run_has_the_part_of_the_log_that_is_its_own(make_driver, tmp_path):
    driver = make_driver()
    driver.run(job_run("one"))

    driver.run(job_run("two"))

    assert "log of two" in (tmp_path / "logs" / "two.log").read_text()
    assert "log of one" not in (tmp_path / "logs" / "two.log").read_text()


def test_a_failed_run_gives_its_exit_code_and_the_end_of_its_log(make_driver):
    result = make_driver().run(job_run("one", "fail"))

    assert 3 == result.exit_code
    assert result.tail.startswith("settings lakewright-local {'spark.master': 'local[2]'}\nlog of one")
    assert result.tail.endswith("KeyError: x")


def test_a_killed_driver_fails_its_run_and_the_next_run_gets_a_fresh_one(make_driver, tmp_path):
    driver = make_driver()

    first = driver.run(job_run("one", "die"))
    second = driver.run(job_run("two"))

    assert (137, 0) == (first.exit_code, second.exit_code)
    assert "log of one" in first.tail
    assert "the Spark driver died during the job run" in first.tail
    assert pids(tmp_path, "one") != pids(tmp_path, "two")


def test_a_driver_that_dies_at_boot_says_why(make_driver):
    driver = make_driver("dies at boot")
    driver.start()

    with pytest.raises(TerminalError, match=r"(?s)ended before its session was built; given: .*no Java here"):
        driver.ready()


def test_a_run_on_a_driver_that_cannot_boot_fails_with_the_reason(make_driver):
    result = make_driver("dies at boot").run(job_run("one"))

    assert (1, True) == (result.exit_code, "no Java here" in result.tail)


def test_a_cancelled_run_ends_and_the_next_one_gets_a_fresh_driver(make_driver):
    driver, results = make_driver(), []
    driver.start()
    driver.ready()
    lasting = threading.Thread(target=lambda: results.append(driver.run(job_run("one", "last"))))
    lasting.start()
    wait_for(lambda: driver._current == "one")

    driver.cancel("one")
    lasting.join(10)

    assert [137] == [result.exit_code for result in results]
    assert 0 == driver.run(job_run("two")).exit_code


def test_a_run_cancelled_before_its_turn_is_not_run(make_driver):
    driver = make_driver()
    driver.cancel("one")

    result = driver.run(job_run("one"))

    assert (137, "cancelled before it began") == (result.exit_code, result.tail)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(None, id="the machine's own programs"),
        pytest.param(
            "/nowhere",
            id="no ps, as in a small image",
            marks=pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc"),
        ),
    ],
)
def test_stopping_ends_the_driver_and_all_it_has_started(make_driver, tmp_path, monkeypatch, path):
    monkeypatch.setenv("PATH", path or os.environ["PATH"])
    driver = make_driver()
    driver.run(job_run("one"))
    tree = pids(tmp_path, "one")
    assert [True, True] == [is_alive(pid) for pid in tree]

    driver.stop()

    assert [False, False] == [is_alive(pid) for pid in tree]


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within ten seconds")
