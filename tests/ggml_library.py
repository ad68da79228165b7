"""GGML's own C library, by ctypes: the oracle of the block formats."""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

NUMBERS = {  # enum ggml_type of ggml.h
    **{"Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8},
    **{"Q2_K": 10, "Q3_K": 11, "Q4_K": 12, "Q5_K": 13, "Q6_K": 14},
    **{"IQ4_NL": 20, "TQ1_0": 34, "TQ2_0": 35, "MXFP4": 39, "NVFP4": 40},
}


def where() -> Path | None:
    """The shared library in the package libggml-python, which need not be imported for it."""
    package = find_spec("libggml")
    homes = package.submodule_search_locations if package else []
    return next((path for home in homes for path in Path(home).glob("*/libggml-base.*")), None)


@cache
def library() -> ctypes.CDLL:
    return ctypes.CDLL(str(where()))


def quantize(name: str, values: np.ndarray, size: int) -> np.ndarray:
    """The bytes, uint8 [blocks, size], of float32 values [blocks, weights], without calibration."""
    values = np.ascontiguousarray(values, np.float32)
    stored = np.empty((len(values), size), np.uint8)
    work = library().ggml_quantize_chunk
    work.restype = ctypes.c_size_t
    work.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        *(ctypes.c_int64,) * 3,
        ctypes.c_void_p,
    ]
    written = work(NUMBERS[name], values.ctypes.data, stored.ctypes.data, 0, *values.shape, None)
    assert written == stored.nbytes
    return stored


def dequantize(name: str, stored: np.ndarray, weights: int) -> np.ndarray:
    """The values, float32 [blocks, weights], of stored blocks, uint8 [blocks, bytes]."""
    stored = np.ascontiguousarray(stored)
    values = np.empty((len(stored), weights), np.float32)
    c_name = name.lower().replace("_k", "_K")
    work = getattr(library(), f"dequantize_row_{c_name}")
    work.restype, work.argtypes = None, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    work(stored.ctypes.data, values.ctypes.data, values.size)
    return values
