"""An erasure's request is in a file that only its owner can read, and that no killed command leaves for good."""

import stat

from scripts.running.erasing import write_request
from shared.erasure import ErasureRequest


def test_a_request_takes_the_place_of_one_that_a_killed_command_left(tmp_path):
    first, second = (tmp_path / "requests" / f"{run}.json" for run in ("r1", "r2"))
    write_request(first, ErasureRequest.of_text("customer=7"))
    write_request(second, ErasureRequest.of_text(" customer = 8=8\n"))

    assert [second] == list((tmp_path / "requests").iterdir())
    assert ErasureRequest(kind="customer", id="8=8") == ErasureRequest.model_validate_json(second.read_text())
    assert 0o600 == stat.S_IMODE(second.stat().st_mode)
