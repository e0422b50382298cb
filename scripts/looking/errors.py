"""The error for a request that cannot be answered as given."""

from shared.errors import TerminalError


class WrongRequestError(TerminalError):
    """The request names something that does not exist, or cannot be parsed; the command ends with code 2."""
