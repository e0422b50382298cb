"""What the documents say about commands, files, names, tables and errors is true."""

import ast
import re

import click
import pytest

from scripts.cli.root import root
from scripts.setup.paths import ROOT
from shared import errors
from shared.config import environment_names
from shared.contracts import load_catalog
from shared.names import Machine
from shared.retention import HISTORY_DAYS, LOG_DAYS, NONCURRENT_DAYS
from tests.docs.documents import CODE, document, documents

DOCUMENTS = documents()
COMMANDS = root.list_commands(click.Context(root))
# The set-up and runs create these; a fresh clone does not have them.
MADE_HERE = {".cache", ".lake", ".venv", "cdk.out", "dist", "node_modules"}
PATH = re.compile(r"[\w.@-]+(?:/[\w.*@-]+)+/?|[\w.-]+/")
TABLE = re.compile(r"\+?((?:bronze|silver|gold)\.[a-z0-9_]+)\+?")
OPTION = re.compile(r"`(--[a-z][a-z-]*)[ `]")
NAME_IN_A_FILE = re.compile(r"((?:`\w+`(?:, | and ))*`\w+`),?(?: both)? (?:in|of) `((?:[\w-]+/)+\w+\.py)`")
CROWDED_HEADING = re.compile(r"[^\n]\n(#+ .*)")
ROW_OF_A_COMMAND = re.compile(r"^\| `\./lake (?P<name>[a-z-]+)[^`]*` \|(?P<rest>.*)$", re.MULTILINE)

of_document = pytest.mark.parametrize("doc", [pytest.param(d, id=str(d)) for d in DOCUMENTS])
CALLS = {" ".join(words): words for doc in DOCUMENTS for words in doc.calls}


def command_of(name):
    return root.get_command(click.Context(root), name)


def options_of(name):
    command = command_of(name)
    parts = [command, *getattr(command, "commands", {}).values()]
    options = [p.opts for part in parts for p in part.params if isinstance(p, click.Option)]
    return {opt for opts in options for opt in opts if opt.startswith("--")}


def test_a_command_that_is_named_exists():
    assert set() == {words[0] for words in CALLS.values() if words} - set(COMMANDS)


@pytest.mark.parametrize("call", [call for call, words in CALLS.items() if len(words) > 1])
def test_a_call_that_is_shown_is_one_the_command_line_takes(call):
    name, *words = CALLS[call]
    parsed = command_of(name).make_context(name, words).params

    assert parsed.get("env") in {None, *environment_names()}
    assert parsed.get("machine") in {None, *Machine}


def test_an_option_that_is_named_exists():
    known = set().union(*map(options_of, COMMANDS))
    named = {option for doc in DOCUMENTS for option in OPTION.findall(doc.prose)}

    assert set() == named - known


def test_every_command_is_documented_with_its_options():
    """A new command or option belongs in the table of docs/commands.md."""
    rows = ROW_OF_A_COMMAND.finditer(document("docs/commands.md").section("Commands"))
    documented: dict[str, set[str]] = {}
    for row in rows:
        documented.setdefault(row["name"], set()).update(OPTION.findall(row["rest"]))

    assert {name: options_of(name) for name in COMMANDS} == documented


def test_every_command_is_shown_to_a_stranger():
    assert set() == set(COMMANDS) - {words[0] for words in document("README.md").calls if words}


@of_document
def test_relative_links_lead_somewhere(doc):
    dead = []
    for link in doc.links:
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (doc.path.parent / path).resolve() if path else doc.path
        if not target.exists() or (anchor and anchor not in type(doc)(target).anchors):
            dead.append(link)

    assert [] == dead


@of_document
def test_files_that_are_named_exist(doc):
    top = {path.name for path in ROOT.iterdir()} - MADE_HERE
    named = {code.rstrip("/") for code in doc.code if PATH.fullmatch(code) and code.split("/")[0] in top}

    assert set() == {name for name in named if not any(ROOT.glob(name))}


@of_document
def test_names_that_are_said_to_be_in_a_file_are_defined_there(doc):
    named = [
        (name, file)
        for names, file in NAME_IN_A_FILE.findall(" ".join(doc.prose.split()))
        for name in CODE.findall(names)
    ]

    assert [] == [(name, file) for name, file in named if name not in _defined_in(file)]


def _defined_in(file):
    """The names of all functions, methods and classes of a Python file, and of the constants at its top."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        found |= {node.id for target in targets if target for node in ast.walk(target) if isinstance(node, ast.Name)}
    return found


@of_document
def test_a_heading_follows_a_blank_line(doc):
    assert [] == CROWDED_HEADING.findall(doc.prose)


@pytest.mark.examples
@of_document
def test_tables_that_are_named_exist(doc):
    examples = {
        ".".join(block.file.removesuffix(".odcs.yaml").split("/")[-2:])
        for other in DOCUMENTS
        for block in other.blocks
        if block.file.endswith(".odcs.yaml")
    }
    words = [word for text in (*doc.code, *map(" ".join, doc.calls)) for word in text.split()]
    named = {match[1] for match in map(TABLE.fullmatch, words) if match}

    assert set() == named - set(load_catalog().tables) - examples


def test_readme_lists_every_table_once():
    rows = [line for line in document("README.md").section("The tables").splitlines() if line.startswith("|")]
    listed = [code for row in rows for code in CODE.findall(row)]

    assert sorted(load_catalog().tables) == sorted(listed)


def test_operations_say_what_to_do_about_every_error():
    classes = {e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.LakewrightError)}
    leaves = {e.__name__ for e in classes if not any(issubclass(other, e) for other in classes - {e})}
    named = set(re.findall(r"^\| `(\w+Error)` \|", document("docs/operations.md").text, re.MULTILINE))

    assert leaves == named


def test_operations_say_how_long_what_was_replaced_can_be_found():
    said = " ".join(" ".join(document(f"docs/{page}.md").prose for page in ("operations", "deploying")).split())

    assert f"out of use for {HISTORY_DAYS} days (`HISTORY_DAYS`" in said
    assert f"**It goes back {HISTORY_DAYS} days," in said
    assert f"**Commits older than {LOG_DAYS} days are deleted**" in said
    assert f"replaced versions of files are kept {NONCURRENT_DAYS} days longer" in said


@pytest.mark.parametrize("doc", [pytest.param(d, id=str(d)) for d in DOCUMENTS if d.path.name[0].isdigit()])
def test_a_decision_has_its_four_parts_on_one_page(doc):
    lines = doc.text.splitlines()

    assert lines[0].startswith(f"# {int(doc.path.name[:4])}. ")
    assert lines[2].startswith("Status: ")
    assert ["## Context", "## Decision", "## Consequences"] == [line for line in lines if line.startswith("## ")]
    assert len(lines) <= 50


def test_every_decision_is_listed_once_under_its_number():
    listed = re.findall(r"^- \[(\d+)\]\((.+?)\): ", document("docs/decisions/README.md").text, re.MULTILINE)
    pages = [doc.path.name for doc in DOCUMENTS if doc.path.name[0].isdigit()]

    assert sorted((str(int(name[:4])), name) for name in pages) == sorted(listed)
