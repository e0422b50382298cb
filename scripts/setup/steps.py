"""The steps of the setup in their order, each with the locks that it depends on and the files that it creates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.setup import class_archive, jars, jdk, node, paths, python_env, stamp, uv


@dataclass(frozen=True)
class Step:
    """One step; it is done if the stamp has its digest and all its files exist.

    Args:
        name: The name that the user sees while it runs.
        action: Runs it, from whatever state an interrupted run left, and returns the result in words.
        inputs: The files that define what is to be installed.
        makes: The files without which it counts as not done.
    """

    name: str
    action: Callable[[], str]
    inputs: Sequence[Path]
    makes: Sequence[Path]

    def is_done(self, done: dict[str, str]) -> bool:
        """Return whether nothing is left to do, by looking at a few files only."""
        return done.get(self.name) == stamp.digest(self.inputs) and all(made.exists() for made in self.makes)


def all_steps() -> list[Step]:
    """Return the steps, each after those that it depends on."""
    python_lock, node_lock = paths.ROOT / "uv.lock", paths.ROOT / "package-lock.json"
    return [
        Step("uv", uv.ensure_uv, [], [paths.UV]),
        Step("python", python_env.sync_project, [python_lock], [paths.VENV_PYTHON]),
        Step("java", jdk.ensure_java, [], [paths.JAVA_HOME / "bin" / "java"]),
        Step("node", node.link_node, [python_lock], [paths.NODE]),
        Step("node tools", node.install_node_tools, [node_lock], [paths.CDK_CLI, paths.ASL_VALIDATOR]),
        Step("jars", jars.fetch_jars, [jars.LOCK, jars.BROKER_LOCK], [*jars.jar_paths(), *jars.broker_jars()]),
        Step("Spark's classes", class_archive.make_class_archive, [python_lock, jars.LOCK, class_archive.PROGRAM], []),
        Step("fakesnow", python_env.sync_fakesnow, [paths.FAKESNOW_PROJECT / "uv.lock"], [paths.FAKESNOW_PYTHON]),
    ]
