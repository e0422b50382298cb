"""How templates are found and parsed.

What moto 5.2.5 does differently: it parses JSON with a YAML parser (a thousand tables take minutes), and mistakes the
host of a local endpoint for a bucket's name unless it is called localhost.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import yaml
from moto.cloudformation.models import ChangeSet, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import yaml_tag_constructor

from scripts.local.clients import client
from scripts.local.cloudformation.errors import TemplateError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# https://s3.region.amazonaws.com/bucket/key, or an endpoint of this machine; else https://bucket.s3...amazonaws.com/key
_PATH_STYLE = re.compile(r"^(s3[.-]|localhost|127\.|\[?::1)")


def parse_template(text: str) -> dict[str, Any]:
    """Parse a template; JSON is parsed as JSON, since parsing it as YAML takes a hundred times longer."""
    if text.lstrip().startswith("{"):
        return json.loads(text)
    yaml.add_multi_constructor("", yaml_tag_constructor)
    return yaml.load(text, Loader=yaml.Loader)  # noqa: S506 - moto's own constructors need the full loader


def template_at(url: str) -> str:
    """The text of a template in S3.

    Raises:
        TemplateError: there is no such object.
    """
    place = urlparse(url)
    path = place.path.lstrip("/")
    bucket, key = path.split("/", 1) if _PATH_STYLE.match(place.netloc) else (place.netloc.split(".")[0], path)
    service = client("s3")
    try:
        return service.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    except service.exceptions.ClientError as error:
        raise _missing(url, bucket, key, error) from error


def _missing(url: str, bucket: str, key: str, error: ClientError) -> TemplateError:
    return TemplateError(
        f"a template is not in the asset bucket ({error.response['Error']['Code']})",
        given=url,
        expected=f"an object {key} in {bucket}",
        mend="upload the assets of the cloud assembly before the stack is made",
    )


def _parse_change_set(self: ChangeSet) -> None:
    self.template_dict = parse_template(self.template)


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    Stack.parse_template = staticmethod(parse_template)
    ChangeSet._parse_template = _parse_change_set
    CloudFormationResponse._get_stack_from_s3_url = lambda _self, url: template_at(url)
