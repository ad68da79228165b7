"""Small floats against ml_dtypes: every code, and rounding to it."""

import ml_dtypes
import numpy as np
import pytest

from lecture_lib.quantization.small_floats import SMALL_FLOATS

ORACLES = {
    "E4M3": ml_dtypes.float8_e4m3fn,
    "E5M2": ml_dtypes.float8_e5m2,
    "E3M2": ml_dtypes.float6_e3m2fn,
    "E2M3": ml_dtypes.float6_e2m3fn,
    "E2M1": ml_dtypes.float4_e2m1fn,
    "E8M0": ml_dtypes.float8_e8m0fnu,
    "E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
    "E4M3B11FNUZ": ml_dtypes.float8_e4m3b11fnuz,
    "E3M4": ml_dtypes.float8_e3m4,
    "E4M3 (IEEE)": ml_dtypes.float8_e4m3,
    "FP16": np.float16,
    "BF16": ml_dtypes.bfloat16,
}
EVERY = pytest.mark.parametrize("small", SMALL_FLOATS.values(), ids=lambda small: small.name)


@EVERY
def test_every_code_means_what_it_means_to_the_oracle(small):
    codes = np.arange(2**small.bits).astype(small.dtype)
    with np.errstate(invalid="ignore"):
        theirs = codes.view(ORACLES[small.name]).astype(np.float32)
    assert np.array_equal(small.decode(codes), theirs, equal_nan=True)
    assert np.array_equal(
        np.signbit(small.decode(codes))[theirs == 0], np.signbit(theirs)[theirs == 0]
    )
