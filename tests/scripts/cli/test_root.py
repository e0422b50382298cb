"""The command line finds its commands by their files."""

import ast
import signal
import subprocess
import sys

import boto3
import click
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError
from click.testing import CliRunner

from scripts.cli import __main__ as program
from scripts.cli.root import GROUPS, root
from scripts.setup import paths

COMMANDS = root.list_commands(click.Context(root))


def test_help_names_every_command_with_its_first_line():
    shown = CliRunner().invoke(root, ["--help"])

    assert 0 == shown.exit_code
    assert "check" in COMMANDS
    for name in COMMANDS:
        [line] = [line for line in shown.output.splitlines() if line.startswith(f"  {name} ")]
        assert line.split()[1:], f"{name} has no docstring"


def test_help_shows_each_command_once_in_a_group_and_in_one_line_of_a_narrow_terminal():
    shown = CliRunner().invoke(root, ["--help"], terminal_width=80).output.splitlines()
    grouped = [name for names in GROUPS.values() for name in names]

    assert COMMANDS == sorted(grouped)
    assert [f"{title}:" for title in GROUPS] == [line for line in shown if line.removesuffix(":") in GROUPS]
    for name in grouped:
        [at] = [number for number, line in enumerate(shown) if line.startswith(f"  {name} ")]
        # A second line would begin under the description's first word.
        assert not [line for line in shown[at + 1 : at + 2] if line.startswith("    ")], name


@pytest.mark.parametrize(
    "option, wordings",
    [
        ("--root", {"The lake's folder.", "The lake: a folder or s3://BUCKET."}),
        ("--json", {"Print JSON and nothing else."}),
    ],
)
def test_an_option_of_many_commands_is_explained_in_the_same_words(option, wordings):
    said = {}
    for name in COMMANDS:
        command = root.get_command(click.Context(root), name)
        for part in (command, *getattr(command, "commands", {}).values()):
            said |= {f"{name} {part.name}": p.help for p in part.params if option in p.opts}
    # The folder that replaces buckets in templates is not a lake yet.
    said.pop("synth synth", None)

    assert wordings == set(said.values())


def test_help_loads_no_library_of_a_command():
    program = "from scripts.cli.root import root; root(['--help'], standalone_mode=False); print(list(sys.modules))"
    command = [sys.executable, "-c", f"import sys; {program}"]
    said = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=True)

    loaded = set(ast.literal_eval(said.stdout.splitlines()[-1]))

    assert set() == loaded & {"pyspark", "duckdb", "deltalake", "moto", "boto3", "aws_cdk", "pytest"}


def test_unknown_command_is_answered_with_those_that_exist():
    shown = CliRunner().invoke(root, ["frobnicate"])

    assert 2 == shown.exit_code
    assert f"unknown command 'frobnicate'; the commands are {', '.join(COMMANDS)}" in shown.output


DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "you may not\nlook"}}, "ListBuckets")


@pytest.mark.parametrize(
    "error, said",
    [
        pytest.param(NoCredentialsError(), "given: Unable to locate credentials", id="nobody is logged in"),
        pytest.param(NoRegionError(), "given: You must specify a region", id="no region"),
        pytest.param(DENIED, "ListBuckets operation: you may not look; expected", id="a right is missing"),
    ],
)
def test_what_aws_says_no_to_is_told_in_one_line(monkeypatch, capsys, error, said):
    monkeypatch.setattr(program, "root", lambda **_: fail_with(error))

    with pytest.raises(SystemExit) as ended:
        program.main()
    told = capsys.readouterr().err
    assert (program.EXIT_RED, 1) == (ended.value.code, len(told.splitlines()))
    assert said in told
    assert "AWS_PROFILE" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ["docs", "--output", "/dev/null/x"],
        ["schemas", "--output", "/dev/null/x"],
        ["generate", "--scale", "1", "--root", "/dev/null/x"],
        ["run", "daily_batch", "--root", "/dev/null/x"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_place_that_the_system_refuses_is_told_in_one_line(monkeypatch, capsys, arguments):
    monkeypatch.setattr("sys.argv", ["lake", *arguments])

    with pytest.raises(SystemExit) as ended:
        program.main()
    told = capsys.readouterr().err
    assert (program.EXIT_RED, 1) == (ended.value.code, len(told.splitlines()))
    assert "the system refused a file or a folder; given: /dev/null" in told


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError(), ConnectionResetError("by the other side"), FileNotFoundError(2, "not there", "docker")],
)
def test_a_fault_of_ours_is_shown_whole(monkeypatch, error):
    monkeypatch.setattr(program, "root", lambda **_: fail_with(error))

    with pytest.raises(type(error)):
        program.main()


def fail_with(error):
    raise error


@pytest.mark.parametrize("name", COMMANDS)
def test_command_explains_itself(name):
    shown = CliRunner().invoke(root, [name, "--help"], prog_name="lake")

    assert 0 == shown.exit_code
    assert shown.output.startswith(f"Usage: lake {name} ")


def test_boto3_goes_to_the_region_that_the_cdk_deploys_to(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    asked = []
    monkeypatch.setattr(program, "root", lambda **_: asked.append(boto3.Session().region_name))

    program.main()

    assert ["eu-west-1"] == asked


# The program itself, with a command that waits and then cleans up.
WAITING = """
import time, click
from scripts.cli import __main__ as program

@click.command()
def waits():
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("cleared up", flush=True)

program.root = waits
program.main()
"""


@pytest.mark.parametrize(
    "sign, ignored, code",
    [
        pytest.param(signal.SIGTERM, (), 143, id="kill"),
        pytest.param(signal.SIGHUP, (), 129, id="a closed terminal"),
        pytest.param(signal.SIGINT, (), 1, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, (signal.SIGHUP,), 143, id="kill after a closed terminal that nohup ignores"),
    ],
)
def test_a_command_that_is_ended_clears_up(sign, ignored, code):
    start = "".join(f"import signal; signal.signal({int(s)}, signal.SIG_IGN)\n" for s in ignored)
    command = [sys.executable, "-c", start + WAITING]
    with subprocess.Popen(
        command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert "begun\n" == program.stdout.readline()
        for s in (*ignored, sign):
            program.send_signal(s)
        told, error = program.communicate(timeout=30)

    assert (code, "cleared up\n", "Aborted!") == (program.returncode, told, error.strip())
