"""A question that cannot be answered as it was asked."""

from shared.errors import TerminalError


class WrongRequestError(TerminalError):
    """The request names something that is not there, or cannot be read; the command ends with code 2."""
