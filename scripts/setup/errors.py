"""The one error of the setup, in four parts, which is printed without a traceback."""


class SetupError(Exception):
    """This machine lacks something, or refused something.

    Args:
        what: What went wrong, in the caller's words.
        given: What was found.
        expected: What was needed.
        mend: The change to make.
    """

    def __init__(self, what: str, *, given: str, expected: str, mend: str) -> None:
        self.what, self.given, self.expected, self.mend = what, given, expected, mend
        super().__init__(f"{what}\n  given: {given}\n  expected: {expected}\n  to fix: {mend}")
