"""The key of a lake in a folder is created once, and only its owner can read it."""

import json
import stat

from scripts.running.pii_key import KEY_FILE, pii_key


def test_a_key_is_made_once_and_kept_with_the_lake(tmp_path):
    first = pii_key(tmp_path / "one")

    assert first == pii_key(tmp_path / "one")
    assert first != pii_key(tmp_path / "other")
    assert {"current", "k1"} == set(json.loads(first))
    assert 0o600 == stat.S_IMODE((tmp_path / "one" / KEY_FILE).stat().st_mode)
