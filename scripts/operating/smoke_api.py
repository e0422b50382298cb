"""The API asked as each role of the contracts: who reads a table is let in, everybody else is not."""

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

    # Gives the status that a GET of a path is answered with, as an IAM role of the account or unsigned.
    Ask = Callable[[str | None, str], int]

SECONDS = 30
# Whether there is a row with the key that is asked for does not matter: who gets as far as that was let in.
LET_IN = frozenset({HTTPStatus.OK, HTTPStatus.NOT_FOUND})
KEPT_OUT = frozenset({HTTPStatus.FORBIDDEN})


class ApiFailedError(TerminalError):
    """The API could not be asked."""


class Api:
    """Requests to an API, signed as any role that the caller may take."""

    def __init__(self, url: str | None) -> None:
        self._url = url

    def ask(self, role: str | None, path: str) -> int:
        """The status of a GET, unsigned without a role.

        Raises:
            ApiFailedError: there is no API, the caller may not take the role, or nobody answers.
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
    """For each served table a point of every role, and one of whoever signs nothing."""
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
