"""The keys that personal values are hashed with, used in Spark so that no plan shows them."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.credentials import find_secret
from shared.errors import TerminalError
from shared.names import pii_key_secret

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

BLOCK_BYTES = 64
INNER, OUTER = "_pii_inner", "_pii_outer"
BETWEEN = ":"
# The prefix of a token, and of the text that is hashed to make one.
TOKENIZED = f"tok{BETWEEN}"


@dataclass(frozen=True)
class PiiKeys:
    """Every version of the key; new values are hashed with the `current` one."""

    current: str
    versions: dict[str, str] = field(repr=False)

    @classmethod
    def parse(cls, text: str, secret: str) -> PiiKeys:
        """Read the secret's JSON: `{"current": "k1", "k1": "<key>"}`.

        Raises:
            TerminalError: it does not have that form; the error quotes `current` and the versions' names, never keys.
        """
        try:
            given = json.loads(text)
            current = given.pop("current")
            versions = {str(name): str(key) for name, key in given.items()}
        except (ValueError, AttributeError, KeyError, TypeError):
            current, versions = "", {}
        if current not in versions or not all(versions.values()) or BETWEEN in "".join(versions):
            raise TerminalError(
                f"the secret {secret} holds no key for personal data",
                given=f"current: {current!r}, versions: {', '.join(versions) or 'none'}",
                expected='JSON {"current": "k1", "k1": "<key>"}, every version that was ever current among them',
                mend="restore the secret's last version; another key would make every hash another",
            )
        return cls(current, versions)

    def hash(self, value: str) -> str:
        """The hash of a value, the same that `hashed` gives for a column."""
        digest = hmac.new(self.versions[self.current].encode(), value.encode(), hashlib.sha256)
        return f"{self.current}{BETWEEN}{digest.hexdigest()}"

    def token(self, text: Column) -> Column:
        """The token that stands for a text, on rows with the pads of `beside`.

        It differs from the hash of the same text: whoever may look tokens up in the vault learns nothing about columns
        that are hashed.
        """
        return F.concat(F.lit(TOKENIZED), self.hashed(F.concat(F.lit(TOKENIZED), text)))

    def of_version(self, version: str) -> PiiKeys:
        """The same keys with another version as the current one."""
        return replace(self, current=version)

    def beside(self, rows: DataFrame) -> DataFrame:
        """Rows with the current key's two HMAC pads in columns.

        Spark prints literals in plans, and plans in event logs and errors; of a relation's column it prints the name.
        """
        key = self.versions[self.current].encode()
        padded = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
        pads = (bytearray(b ^ 0x36 for b in padded), bytearray(b ^ 0x5C for b in padded))
        own = rows.sparkSession.createDataFrame([pads], f"{INNER} binary, {OUTER} binary")
        return rows.crossJoin(F.broadcast(own))

    def hashed(self, text: Column) -> Column:
        """HMAC-SHA256 of a text, prefixed with the key's version, on rows with the pads of `beside`.

        Source: RFC 2104, H(K xor opad, H(K xor ipad, text)); Spark has no function of that name.
        """
        inner = F.unhex(F.sha2(F.concat(F.col(INNER), F.encode(text, "UTF-8")), 256))
        return F.concat(F.lit(f"{self.current}{BETWEEN}"), F.sha2(F.concat(F.col(OUTER), inner), 256))


def read_pii_keys(env: str) -> PiiKeys:
    """Fetch the environment's keys from its secret.

    Raises:
        SourceUnavailableError: Secrets Manager did not answer.
        TerminalError: it refused, or there is no such secret, or it has no key.
    """
    secret = pii_key_secret(env)
    return PiiKeys.parse(find_secret(secret) or "", secret)
