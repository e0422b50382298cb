"""It is known before a deploy which access modes work, not when the first job fails."""

import pytest

from shared.access_modes import AccessMode, JobKind, require_possible
from shared.errors import TerminalError
from shared.release import EMR_RELEASE_LABEL

POSSIBLE = {
    (JobKind.BATCH, AccessMode.IAM),
    (JobKind.STREAMING, AccessMode.IAM),
    (JobKind.CONSUMER, AccessMode.FULL_TABLE),
    (JobKind.CONSUMER, AccessMode.FINE_GRAINED),
}


@pytest.mark.parametrize("kind", JobKind)
@pytest.mark.parametrize("mode", AccessMode)
def test_combination_works_or_is_refused_with_one_that_works(kind, mode):
    if (kind, mode) in POSSIBLE:
        require_possible(kind, mode, EMR_RELEASE_LABEL)
        return
    with pytest.raises(TerminalError) as refused:
        require_possible(kind, mode, EMR_RELEASE_LABEL)

    instead = AccessMode(refused.value.expected)
    assert (kind, instead) in POSSIBLE
    assert f"access.{kind}: {instead}" in refused.value.mend


@pytest.mark.parametrize(
    "mode, release, works",
    [
        pytest.param(AccessMode.FINE_GRAINED, "emr-7.5.0", False, id="before it read Delta by rows and columns"),
        pytest.param(AccessMode.FINE_GRAINED, "emr-7.6.0", True, id="the first that does"),
        pytest.param(AccessMode.FULL_TABLE, "emr-7.10.0", False, id="before it lent Delta tables"),
        pytest.param(AccessMode.FULL_TABLE, "emr-7.11.0", True, id="the first that does so"),
        pytest.param(AccessMode.FULL_TABLE, "emr-spark-8.0.0", True, id="the younger family"),
    ],
)
def test_release_must_know_the_mode(mode, release, works):
    if works:
        require_possible(JobKind.CONSUMER, mode, release)
    else:
        with pytest.raises(TerminalError, match="does not read Delta tables"):
            require_possible(JobKind.CONSUMER, mode, release)
