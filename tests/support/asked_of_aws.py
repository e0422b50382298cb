"""Derives the AWS actions that a `./lake` command may need from the code: everything it can reach, and what that calls.

Names are followed from the command's function through imports, whole functions and whole classes at a time. So every
branch counts, whether a test takes it or not; a test has to list what a branch excludes for one command.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

import botocore.session
from botocore import xform_name

from scripts.setup.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Code behind these uses the local account and the stand-ins: nothing goes to AWS.
LOCAL = ("scripts.benching", "scripts.local", "scripts.running", "scripts.sources", "scripts.setup", "tests")
# Creates a client for the service that its first argument names.
MAKERS = {"client", "resource", "client_of_admin"}
# Code that calls AWS other than by a client's method: the name that code uses -> the actions.
BY_OTHER_WAYS = {
    # delta-rs calls S3 from Rust.
    "DeltaTable": ("s3:GetObject", "s3:ListBucket"),
    # It writes in parts, and deletes them if that fails.
    "smart_open": ("s3:PutObject", "s3:AbortMultipartUpload"),
    # boto3's resource, which lists and deletes.
    "object_versions": ("s3:ListBucketVersions", "s3:DeleteObjectVersion"),
    # A signed HTTP request.
    "SigV4Auth": ("execute-api:Invoke",),
    # The CDK's command line assumes the bootstrap's roles.
    "CDK_CLI": ("sts:AssumeRole",),
}
# botocore's name of a service -> IAM's.
PREFIXES = {"stepfunctions": "states", "service-quotas": "servicequotas"}
# Operations whose action has another name. Source: AWS service authorization reference, "Amazon S3".
ACTIONS = {
    **{f"s3:{operation}": ("s3:ListBucket",) for operation in ("HeadBucket", "ListObjects", "ListObjectsV2")},
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    # For deletes that name versions; one that leaves a delete marker would need s3:DeleteObject.
    "s3:DeleteObjects": ("s3:DeleteObjectVersion",),
    **{f"s3:{verb}": ("s3:PutObject",) for verb in ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")},
    # It needs no right. Source: AWS STS API reference, "GetCallerIdentity".
    "sts:GetCallerIdentity": (),
}
# What a key requires of callers that read or write what it encrypts. Sources: Amazon S3 user guide, "Uploading and
# copying objects using multipart upload"; AWS Secrets Manager user guide, "Permissions for the KMS key".
OF_THE_KEY = {
    "s3:GetObject": ("kms:Decrypt",),
    "s3:PutObject": ("kms:Decrypt", "kms:GenerateDataKey"),
    "secretsmanager:PutSecretValue": ("kms:Decrypt", "kms:GenerateDataKey"),
}


def rights(service: str, operation: str) -> set[str]:
    """The actions of IAM that an operation of an API needs, with those of the key behind it."""
    name = f"{service}:{operation}"
    return with_key(ACTIONS.get(name, (f"{PREFIXES.get(service, service)}:{operation}",)))


def with_key(actions: tuple[str, ...]) -> set[str]:
    """Actions together with those that the encryption key requires for them."""
    return {*actions, *(of_key for action in actions for of_key in OF_THE_KEY.get(action, ()))}


@cache
def operations(service: str) -> dict[str, str]:
    """A client's methods, each with its API operation."""
    names = botocore.session.get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}


@dataclass(frozen=True)
class Module:
    """A file: its top-level definitions, and the origins of the names that it imports anywhere."""

    tree: ast.Module

    @cached_property
    def defined(self) -> dict[str, list[ast.stmt]]:
        found: dict[str, list[ast.stmt]] = defaultdict(list)
        for statement in self.tree.body:
            for name in _names(statement):
                found[name].append(statement)
        return found

    @cached_property
    def imported(self) -> dict[str, tuple[str, str]]:
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom) and node.module]
        return {a.asname or a.name: (str(node.module), a.name) for node in nodes for a in node.names}

    @property
    def services(self) -> set[str]:
        """The services that the code creates clients for."""
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and node.args]
        made = [call.args[0] for call in calls if _last(call.func) in MAKERS]
        return {str(argument.value) for argument in made if isinstance(argument, ast.Constant)}


@dataclass
class Code:
    """The Python code below a folder, and what can be reached from one place in it."""

    root: Path = ROOT
    modules: dict[str, Module | None] = field(default_factory=dict)

    def asked_by(self, command: str) -> set[str]:
        """The actions that the command in `scripts/cli/<command>.py` may need, whatever its arguments."""
        reached = set(self._reached(f"scripts.cli.{command.replace('-', '_')}"))
        files = {name: module for name, _ in reached if (module := self._module(name))}
        made = {name: module.services for name, module in files.items()}
        everywhere = set().union(*made.values())
        found: set[str] = set()
        for name, part in reached:
            for statement in files[name].defined[part]:
                for word in _words(statement):
                    found |= with_key(BY_OTHER_WAYS.get(word, ()))
                    # If two services have a method of that name, a client that the file itself creates decides.
                    services = {s for s in everywhere if word in operations(s)}
                    for service in services & made[name] or services:
                        found |= rights(service, operations(service)[word])
        return found

    def _reached(self, start: str) -> Iterator[tuple[str, str]]:
        module = self._module(start)
        assert module, start
        waiting, seen = [(start, name) for name, parts in module.defined.items() if _is_command(name, parts)], set()
        while waiting:
            place = waiting.pop()
            if place in seen or (found := self._found(*place)) is None:
                continue
            seen |= {place, found}
            yield found
            waiting += self._uses(*found)

    def _uses(self, name: str, part: str) -> Iterator[tuple[str, str]]:
        module = self._module(name)
        assert module, name
        for statement in module.defined[part]:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name):
                    yield name, node.id
                elif isinstance(node, ast.Attribute) and _last(node.value) in module.imported:
                    # A name in a module that was imported as a whole.
                    yield ".".join(module.imported[_last(node.value)]), node.attr

    def _found(self, name: str, part: str) -> tuple[str, str] | None:
        """The definition of a name that a module uses; None if it is not our code, or local."""
        if name.startswith(LOCAL) or (module := self._module(name)) is None:
            return None
        if part in module.defined:
            return name, part
        return self._found(*module.imported[part]) if part in module.imported else None

    def _module(self, name: str) -> Module | None:
        if name not in self.modules:
            path = name.replace(".", "/")
            file = next((f for f in (self.root / f"{path}.py", self.root / path / "__init__.py") if f.is_file()), None)
            self.modules[name] = Module(ast.parse(file.read_text(encoding="utf-8"))) if file else None
        return self.modules[name]


def _is_command(name: str, parts: list[ast.stmt]) -> bool:
    """Whether a definition is the command, or one of its subcommands."""
    decorators = [d for part in parts if isinstance(part, ast.FunctionDef) for d in part.decorator_list]
    called = [d.func if isinstance(d, ast.Call) else d for d in decorators]
    return name == "command" or any(isinstance(d, ast.Attribute) and _last(d.value) == "command" for d in called)


def _names(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _words(statement: ast.stmt) -> set[str]:
    """The words that could name a method: attributes, and texts passed to a paginator, a waiter or `getattr`."""
    nodes = list(ast.walk(statement))
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    named |= {node.id for node in nodes if isinstance(node, ast.Name)}
    return named | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
