"""Hadamard matrices: entries +1 and −1 alone, every two rows orthogonal.

[[H, H], [H, −H]] is one if H is (Sylvester, 1867), and so is Paley's (1933) of p + 1 rows, for a
prime p that leaves 3 when divided by 4. Together they reach the widths of models: 4096 = 2^12,
1536 = 12 · 2^7, 576 = 72 · 2^3, 5120 = 20 · 2^8.
"""

import numpy as np


def hadamard(size: int) -> np.ndarray:
    """A Hadamard matrix H [size, size], float32: H Hᵀ = size · 1.

    ValueError for a size that doubling does not reach from 1, or from p + 1 as above.
    """
    if type(size) is not int or size < 1:
        raise ValueError(f"a Hadamard matrix has a whole number of rows, not {size!r}")
    odd = size // (size & -size)  # size & -size: the largest power of two that divides it
    smallest = 1
    if odd > 1:
        orders = (odd << doublings for doublings in range(2, size.bit_length()))
        smallest = next((n for n in orders if n <= size and _is_prime(n - 1)), None)
    if smallest is None:
        raise ValueError(
            f"{size} rows are not reached by doubling 1 or p + 1 (p prime, p mod 4 = 3); "
            f"rotate blocks of {size // odd}, which divides it"
        )
    matrix = _paley(smallest - 1) if smallest > 1 else np.ones((1, 1), np.float32)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def _paley(prime: int) -> np.ndarray:
    """Paley's matrix of prime + 1 rows: from whether a difference is a square modulo the prime."""
    square = np.full(prime, -1, np.float32)
    square[np.arange(prime) ** 2 % prime] = 1
    square[0] = 0
    place = np.arange(prime)
    matrix = np.ones((prime + 1, prime + 1), np.float32)
    matrix[1:, 0] = -1
    matrix[1:, 1:] = square[(place[:, None] - place) % prime] + np.eye(prime, dtype=np.float32)
    return matrix


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
