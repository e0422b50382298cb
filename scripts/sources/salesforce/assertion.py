"""Checks a signed assertion of the connected app, as Salesforce does in its JWT bearer flow."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.sources.salesforce.stand_in import SalesforceStandIn

# Salesforce allows an assertion to be valid for three minutes.
LONGEST_SECONDS = 180


def is_good(assertion: str, stand_in: SalesforceStandIn) -> bool:
    """Whether issuer, user, audience, time and signature are right."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    from scripts.sources.salesforce.stand_in import CLIENT_ID

    try:
        signed, _, signature = assertion.rpartition(".")
        header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
        if stand_in.public_key is None or header["alg"] != "RS256":
            return False
        stand_in.public_key.verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, KeyError, InvalidSignature):
        return False
    expected = {"iss": CLIENT_ID, "sub": stand_in.username, "aud": stand_in.address}
    in_time = time.time() < claims["exp"] <= time.time() + LONGEST_SECONDS + 1
    return in_time and expected == {name: claims.get(name) for name in expected}


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
