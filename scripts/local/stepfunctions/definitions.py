"""How the definition of a state machine is parsed: as JSON text, with all its escapes.

What moto 5.2.5 does differently: it takes some literals literally, backslashes included, and parses others as Python,
which knows neither an escaped slash nor a character written as two escapes; in the strings of intrinsic functions it
leaves the backslash before a quote. All its parsers share one list of scopes, so that a refused definition, or one that
is parsed at the same time, breaks the next one. A refused definition is answered with an unnamed internal error.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.stepfunctions.parser.asl.antlr.runtime.ASLLexer import ASLLexer
from moto.stepfunctions.parser.asl.antlt4utils.antlr4utils import is_terminal
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringIntrinsicFunction
from moto.stepfunctions.parser.asl.parse import preprocessor
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from moto.stepfunctions.parser.asl.parse.intrinsic import preprocessor as intrinsic
from moto.stepfunctions.parser.asl.parse.intrinsic.intrinsic_parser import IntrinsicParser
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

if TYPE_CHECKING:
    from antlr4 import ParserRuleContext
    from antlr4.tree.Tree import TerminalNodeImpl
    from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser


class InvalidDefinitionError(ServiceException):
    """A definition that the interpreter cannot parse; the service answers with this error's name."""

    code = "InvalidDefinition"


def literal(parser_rule_context: ParserRuleContext) -> str | None:
    """The value of a literal in the definition."""
    if is_terminal(parser_rule_context, ASLLexer.NULL):
        return None
    text = parser_rule_context.getText()
    return str(json.loads(text)) if text.startswith('"') else text


def _intrinsic(self: preprocessor.Preprocessor, ctx: ASLParser.String_intrinsic_functionContext) -> Any:
    text = str(literal(ctx.STRINGINTRINSICFUNC()))
    function, _ = IntrinsicParser.parse(text)
    return StringIntrinsicFunction(intrinsic_function_derivation=text, function=function)


def _string_of_intrinsic(tree: TerminalNodeImpl) -> str:
    return re.sub(r"\\(['{}\\])", r"\1", tree.getText()[1:-1])


def _scopes_of_its_own(self: preprocessor.Preprocessor) -> None:
    self._query_language_per_scope = []


def _validate_definition(definition: str) -> None:
    try:
        AmazonStateLanguageParser.parse(definition)
    except Exception as error:
        reason = "; ".join(error.errors) if isinstance(error, ASLParserException) else str(error)
        raise InvalidDefinitionError(f"Invalid State Machine Definition: {reason}") from error


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    preprocessor.from_string_literal = literal
    preprocessor.Preprocessor._inner_string_of = staticmethod(literal)
    preprocessor.Preprocessor.__init__ = _scopes_of_its_own
    preprocessor.Preprocessor.visitString_intrinsic_function = _intrinsic
    StepFunctionsParserBackend._validate_definition = staticmethod(_validate_definition)
    intrinsic.Preprocessor._text_of_str = staticmethod(_string_of_intrinsic)
