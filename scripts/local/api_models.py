"""The API models of AWS that come with botocore; each is read once, since a large one takes half a second.

What moto 5.2.5 does differently: it reads them again, with a separate loader for every service.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from moto.core import utils

if TYPE_CHECKING:
    from botocore.model import OperationModel


@cache
def session() -> botocore.session.Session:
    """The one botocore session of the local account; clients made from it share its models."""
    return botocore.session.get_session()


@cache
def operation(service: str, name: str) -> OperationModel:
    """The model of an operation, by its Python name (`create_stack`) or its API name (`CreateStack`).

    Raises:
        KeyError: the service has no such operation.
    """
    model = _service(service)
    wanted = name.replace("_", "").lower()
    for candidate in model.operation_names:
        if candidate.lower() == wanted:
            return model.operation_model(candidate)
    raise KeyError(f"{service} has no operation {name}")


@cache
def _service(service: str) -> Any:
    return session().get_service_model(service)


def _load_service_model(service_name: str, model_name: str) -> dict[str, Any]:
    return session().get_component("data_loader").load_service_model(service_name, model_name)


def install() -> None:
    """Make moto use these models too; a second call changes nothing."""
    utils._load_service_model = _load_service_model
