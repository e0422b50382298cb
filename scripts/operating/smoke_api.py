"""Calls the API as each role of the contracts: readers of a table must be let in, all others refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from scripts.operating.lent_role import as_role
from shared.errors import TerminalError
from shared.governance.environments import governance_of, iam_role_of
from shared.names import API_OUTPUT
from shared.smoke import Point, PointStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.config import Environment
    from shared.contracts import Catalog

    # Returns the status of a GET of a path, signed as an IAM role of the account, or unsigned.
    Ask = Callable[[str | None, str], int]

SECONDS = 30
# It does not matter whether a row has the requested key: whoever gets that answer was let in.
LET_IN = frozenset({HTTPStatus.OK, HTTPStatus.NOT_FOUND})
KEPT_OUT = frozenset({HTTPStatus.FORBIDDEN})


class ApiFailedError(TerminalError):
    """A request to the API could not be made."""


class Api:
    """Sends requests to an API, signed as any role that the caller may assume."""

    def __init__(self, url: str | None) -> None:
        self._url = url

    def ask(self, role: str | None, path: str) -> int:
        """Return the status of a GET, signed as a role, or unsigned without one.

        Raises:
            ApiFailedError: there is no API, the caller may not assume the role, or there is no answer.
        """
        if self._url is None:
            raise ApiFailedError("the API has no address", given=f"the stack has no output {API_OUTPUT}")
        request = AWSRequest(method="GET", url=f"{self._url}{path}")
        try:
            if role:
                session = as_role(role)
                SigV4Auth(session.get_credentials(), "execute-api", session.region_name).add_auth(request)
            given = Request(request.url, headers=dict(request.headers.items()))  # noqa: S310 - the stack's own output
            with urlopen(given, timeout=SECONDS) as answer:  # noqa: S310 - as above
                return int(answer.status)
        except HTTPError as answer:
            return answer.code
        except (ClientError, URLError) as error:
            raise ApiFailedError(f"the API as {role or 'nobody'}", given=str(error)) from error


def doors(environment: Environment, catalog: Catalog, ask: Ask) -> Iterator[Point]:
    """Yield for each served table a point for every role, and one for an unsigned request."""
    for table in catalog.served:
        if table.served_at is None:
            continue
        path, readers = table.served_at.of("0" for _ in table.primary_key), {r.role for r in table.readers}
        yield _point("nobody", path, KEPT_OUT, lambda path=path: ask(None, path))
        for role in sorted(governance_of(environment).roles):
            name, expected = iam_role_of(environment, role), LET_IN if role in readers else KEPT_OUT
            yield _point(role, path, expected, lambda path=path, name=name: ask(name, path))


def _point(role: str, path: str, expected: frozenset[HTTPStatus], ask: Callable[[], int]) -> Point:
    name = f"{role} {'may' if expected is LET_IN else 'may not'} ask the API for {path}"
    try:
        status = ask()
    except ApiFailedError as error:
        mend = f"./lake deploy; may you take the role of {role}?"
        return Point(point=name, status=PointStatus.FAILED, found=error.given, mend=mend)
    found = f"{status} {HTTPStatus(status).phrase}"
    if status in expected:
        return Point(point=name, status=PointStatus.OK, found=found)
    mend = "compare the ARN in the role's policy with the request; an existing role is given the right by its owner"
    return Point(point=name, status=PointStatus.FAILED, found=found, mend=mend)
