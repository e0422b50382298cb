from itertools import islice, pairwise

from scripts.local.pauses import FIRST_SECONDS, growing


def test_pauses_grow_to_the_longest_and_stay_there():
    pauses = list(islice(growing(0.5), 20))

    assert FIRST_SECONDS == pauses[0]
    assert all(before <= after for before, after in pairwise(pauses))
    assert [0.5] * 5 == pauses[-5:]
