"""Hadamard matrices: of signs alone, orthogonal, at the widths that models have."""

import numpy as np
import pytest

from lecture_lib.quantization.hadamard import hadamard


@pytest.mark.parametrize("size", [1, 2, 4, 8, 12, 20, 24, 40, 44, 64, 72, 96, 224, 576, 1536])
def test_rows_are_signs_and_orthogonal(size):
    matrix = hadamard(size)
    assert set(np.unique(matrix)) <= {-1, 1}
    assert np.array_equal(matrix @ matrix.T, size * np.eye(size))


@pytest.mark.parametrize("size", [3, 6, 36, 100])
def test_a_size_out_of_reach_names_blocks_that_do(size):
    with pytest.raises(ValueError, match=f"{size} rows are not reached") as refused:
        hadamard(size)
    block = int(str(refused.value).split("blocks of ")[1].split(",")[0])
    assert len(hadamard(block)) == block
    assert size % block == 0


@pytest.mark.parametrize("size", [0, -4, 8.0, True])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(ValueError, match="a whole number of rows"):
        hadamard(size)
