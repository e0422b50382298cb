"""The keys of personal data are fetched by their secret's name."""

import boto3
import pytest

from jobs.runtime.pii_keys import PiiKeys, read_pii_keys
from shared.errors import TerminalError
from shared.names import pii_key_secret


def test_keys_are_read(account):
    secrets = boto3.client("secretsmanager", endpoint_url=account)
    secrets.create_secret(Name=pii_key_secret("local"), SecretString='{"current": "k2", "k1": "older", "k2": "newer"}')
    assert PiiKeys("k2", {"k1": "older", "k2": "newer"}) == read_pii_keys("local")


@pytest.mark.usefixtures("account")
def test_a_secret_that_is_gone_is_to_be_restored_and_not_made_anew():
    with pytest.raises(TerminalError, match="the secret lakewright/local/pii-key holds no key") as found:
        read_pii_keys("local")
    assert "restore the secret's last version; another key would make every hash another" == found.value.mend
