"""The paths of everything that the setup installs; all are fixed, so that nothing has to be searched for.

`JAVA_HOME`, `NODE_HOME` and `UV` are links to what was found or installed on this machine.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CACHE = ROOT / ".cache"
PYCACHE = CACHE / "pycache"
STAMP = CACHE / "setup.json"
LOCK = CACHE / "setup.lock"

UV_VENV = CACHE / "uv-venv"
UV = CACHE / "bin" / "uv"

VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"

JAVA_HOME = CACHE / "java"
JDK = CACHE / "jdk"

NODE_HOME = CACHE / "node"
NODE = NODE_HOME / "bin" / "node"
NPM_CLI = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
# Where jsii unpacks the CDK. Its default folder is below HOME, and jsii refuses that if others may write there.
JSII = CACHE / "jsii"
NODE_MODULES = ROOT / "node_modules"
CDK_CLI = NODE_MODULES / "aws-cdk" / "bin" / "cdk"
ASL_VALIDATOR = NODE_MODULES / "asl-validator" / "dist" / "bin" / "asl-validator.js"

# An emulator and the jobs' Python for Graviton, for the tests.
EMULATED = CACHE / "emulated"

IVY = CACHE / "ivy"
JARS = CACHE / "jars"
CLASS_ARCHIVE = CACHE / "spark-classes.jsa"

FAKESNOW_PROJECT = ROOT / "scripts" / "sources" / "fakesnow"
FAKESNOW_VENV = CACHE / "fakesnow-venv"
FAKESNOW_PYTHON = FAKESNOW_VENV / "bin" / "python"
