import hashlib

import numpy as np
import pytest

from keras_tgdd.runtime.fingerprint import differences
from keras_tgdd.runtime.fingerprint import digest
from keras_tgdd.runtime.fingerprint import digest_all
from keras_tgdd.runtime.fingerprint import fingerprint
from keras_tgdd.runtime.fingerprint import settings_fingerprint

# No backend takes part.
pytestmark = pytest.mark.once


def test_a_digest_is_sha256_over_the_bytes_of_its_parts():
    array = np.arange(6, dtype="<i4").reshape(2, 3)
    expected = hashlib.sha256(
        "é".encode() + b"raw" + array.tobytes()
    ).hexdigest()
    assert digest("é", b"raw", array) == expected
    assert digest("é", b"raw", np.asfortranarray(array)) == expected
    assert digest("érawno", array) != digest("éraw", array)
    assert digest(array.T) != digest(array)
    assert digest() == hashlib.sha256().hexdigest()


def test_parts_are_digested_one_at_a_time():
    taken = []

    def parts():
        for number in range(3):
            taken.append(number)
            yield str(number)

    assert digest_all(parts()) == digest("0", "1", "2")
    assert taken == [0, 1, 2]


def test_stored_values_stay_the_same():
    """Stored experts, summaries and checkpoints are found by these values."""
    x = np.arange(24, dtype="uint8").reshape(2, 2, 3, 2)
    y = np.array([0, 1])
    assert fingerprint(x, y) == (
        "0fcd491511338e573637c21e765bd75d018b8f68cae0cb6fb84522cd7df70343"
    )
    assert fingerprint(x.astype("float32") / 255, y) == (
        "e110963ce5d2e933b31edd2dd0b39f643e65e62029ddce8da3e475fba5d589ee"
    )
    settings = {"b": [1, 2.5, None], "a": "é"}
    assert settings_fingerprint(settings) == "fc10ba9755cfc69c"
    reordered = dict(reversed(settings.items()))
    assert settings_fingerprint(reordered) == "fc10ba9755cfc69c"


def test_changes_with_content_shape_and_labels():
    x, y = np.arange(8, dtype="uint8").reshape(2, 4), np.array([0, 1])
    digests = {
        fingerprint(x, y),
        fingerprint(x.reshape(4, 2), y),
        fingerprint(x[::-1], y),
        fingerprint(x, y[::-1]),
        fingerprint(x.astype("float32"), y),
    }
    assert len(digests) == 5


def test_does_not_depend_on_memory_layout_or_label_width():
    x = np.arange(8, dtype="uint8").reshape(2, 4)
    y = np.array([0, 1])
    assert fingerprint(np.asfortranarray(x), y.astype("int32")) == (
        fingerprint(x, y)
    )


def test_differences_list_the_wanted_entries_in_their_order():
    stored = {"seed": 1, "name": "a", "only stored": 5}
    wanted = {"name": "a", "size": 3, "seed": 2}
    assert differences(stored, stored) == []
    assert differences(stored, wanted) == [
        "size: stored None, now 3",
        "seed: stored 1, now 2",
    ]


def test_mutual_differences_are_sorted_and_of_both_sides():
    first = {"b": 1, "c": "same", "z": 2}
    second = {"c": "same", "b": 3, "a": 4}
    found = differences(
        first, second, "{key}: {stored!r} / {wanted!r}", mutual=True
    )
    assert found == ["a: None / 4", "b: 1 / 3", "z: 2 / None"]
    assert differences(first, second, "{key}") == ["b", "a"]


def test_values_with_braces_are_printed_as_they_are():
    found = differences({"a": "{key}"}, {"a": {"b": 1}})
    assert found == ["a: stored '{key}', now {'b': 1}"]
