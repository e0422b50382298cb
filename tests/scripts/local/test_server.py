import os
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

ROOT = Path(__file__).parents[3]
ODD = '{"Resources": {"Odd": {"Type": "AWS::Glue::Crawler"}}}'


@pytest.mark.slow
def test_the_server_answers_until_it_is_asked_to_end():
    command = [sys.executable, "-m", "scripts.local.server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        endpoint = server.stdout.readline().strip().removeprefix("AWS_ENDPOINT_URL=")
        service = boto3.client(
            "cloudformation",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

        with pytest.raises(ClientError, match=r"ValidationError.*AWS::Glue::Crawler.*does not know this type"):
            service.create_stack(StackName="odd", TemplateBody=ODD)

        os.kill(server.pid, signal.SIGTERM)
        assert 0 == server.wait(30)
