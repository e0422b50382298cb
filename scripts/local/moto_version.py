"""The one version of moto that the local runtime is written for: it replaces private names that may change."""

from __future__ import annotations

import moto

from shared.errors import TerminalError

MOTO = "5.2.5"


def require_known_moto() -> None:
    """Refuse to patch any other version of moto.

    Raises:
        TerminalError: another version is installed.
    """
    if moto.__version__ != MOTO:
        raise TerminalError(
            "the local runtime replaces private names of moto, and this moto is another one",
            given=f"moto {moto.__version__}",
            expected=f"moto {MOTO}",
            mend=f"pin moto=={MOTO}, or run tests/scripts/local with the new one, fix what broke and raise MOTO",
        )
