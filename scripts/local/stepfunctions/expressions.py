"""JSONata in moto's interpreter.

What moto 5.2.5 does differently: it has no JSONata engine at all (it calls None), writes variables unescaped into the
text of an expression, and answers `$hash` and `$uuid` with a sentence saying that they are not supported. Here
variables are bound as values, so nothing is ever written into an expression. In moto, an `Output` sees what the same
state assigns; on AWS, all references in a state have the values from its beginning.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.assign.assign_decl import AssignDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.variable_store import VariableStore
from moto.stepfunctions.parser.asl.jsonata.jsonata import (
    IllegalJSONataVariableReference,
    extract_jsonata_variable_references,
)

from scripts.local.patching import once
from scripts.local.stepfunctions.functions import EvaluationError, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.stepfunctions.parser.asl.eval.environment import Environment


def _eval_body(self: StringJSONata, env: Environment) -> None:
    try:
        extract_jsonata_variable_references(self.expression)
        env.stack.append(evaluate(self.expression, _variables(env)))
    except IllegalJSONataVariableReference as error:
        raise _failure(env, self.expression, f"{error.variable_reference} is not allowed; use $states") from error
    except EvaluationError as error:
        raise _failure(env, self.expression, str(error)) from error


def _variables(env: Environment) -> dict[str, Any]:
    store, states = env.variable_store, dict(env.states._states_data)
    if states.get("errorOutput") is None:
        states.pop("errorOutput", None)
    return {**store._outer_scope, **store._inner_scope, "states": states}


def _failure(env: Environment, expression: str, reason: str) -> FailureEventException:
    error = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    cause = f"The JSONata expression '{expression}' specified for the field '{env.next_field_name}' failed: {reason}"
    details = EvaluationFailedEventDetails(cause=cause, error=error.error_name)
    return FailureEventException(
        failure_event=FailureEvent(
            env=env,
            error_name=error,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(evaluationFailedEventDetails=details),
        )
    )


def declarations(bindings: dict[str, Any]) -> str:
    """Variables as escaped text before an expression, which moto still needs where JSONPath uses variables."""
    return "".join(f"{name}:={json.dumps(value, default=str)};" for name, value in bindings.items())


def evaluate_text(expression: str) -> Any:
    """The value of an expression that has its variables in its text."""
    return evaluate(expression, {})


def _assign(self: AssignDecl, env: Environment) -> None:
    declared: dict[str, Any] = {}
    for binding in self.declaration_bindings:
        binding.eval(env=env)
        declared.update(env.stack.pop())
    env.variable_store._to_assign = declared


def _then_assigning(original: Callable[..., None]) -> Callable[..., None]:
    def eval_state_output(self: CommonStateField, env: Environment) -> None:
        original(self, env)
        for name, value in env.variable_store.__dict__.pop("_to_assign", {}).items():
            env.variable_store.set(name, value)

    return eval_state_output


def _assigned(self: VariableStore) -> dict[str, str]:
    """The variables that a state has assigned, as JSON, for its history event."""
    return {name: json.dumps(self.get(name), default=str) for name in self._declaration_tracing}


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    StringJSONata._eval_body = _eval_body
    VariableStore.get_assigned_variables = _assigned
    AssignDecl._eval_body = _assign
    for state in (CommonStateField, ExecutionState, StateChoice):
        once(state, "_eval_state_output", _then_assigning)
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions."):
            if hasattr(module, "eval_jsonata_expression"):
                module.eval_jsonata_expression = evaluate_text
            if hasattr(module, "encode_jsonata_variable_declarations"):
                module.encode_jsonata_variable_declarations = declarations
