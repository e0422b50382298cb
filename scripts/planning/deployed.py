"""The contracts that an environment was last deployed with, read from the code archive of its runs."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.runtime.aws import aws_answers
from scripts.looking.errors import WrongRequestError
from scripts.looking.files import S3
from scripts.operating.outputs import stack_outputs
from scripts.planning.revision import PLACE
from shared.contracts import Catalog, load_catalog
from shared.names import JOBS_OUTPUT

if TYPE_CHECKING:
    from shared.config import Environment


def catalog_deployed(environment: Environment) -> Catalog:
    """The catalog of the contracts that an environment runs, compiled by today's compiler.

    A run reads its contracts from the code archive that it is started with, and the stack's outputs name that archive.
    No separate record exists that could differ from what is deployed: a deploy that was rolled back does not count.

    Raises:
        WrongRequestError: the environment is not deployed, or by a version whose stack does not name its archive.
        TerminalError: AWS refused to give the stack or the archive.
        ContractError: today's compiler refuses the deployed contracts.
    """
    import boto3

    url = stack_outputs(environment).get(JOBS_OUTPUT)
    if url is None:
        raise WrongRequestError(
            f"the stack of {environment.name} does not say which code its runs are given",
            expected=f"an output {JOBS_OUTPUT}, which every deploy of this version leaves",
            mend=f"./lake deploy {environment.name} once, or name the revision that was deployed",
        )
    bucket, _, key = url.removeprefix(S3).partition("/")
    with aws_answers(f"the code of {environment.name}, {url}"):
        packed: bytes = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(f"{PLACE}/")])
        return load_catalog.__wrapped__(Path(folder, PLACE))
