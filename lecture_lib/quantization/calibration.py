"""What a layer's inputs look like on a sample of text: all that calibrated rounding asks of it.

Of inputs X [tokens, in] the sums remain that GPTQ, AWQ and SmoothQuant need, so that texts of any
length pass through in pieces: Calibration.of(first) + Calibration.of(second). With XᵀX the error
at the output of a change D of the weights [out, in] is known without the inputs: ‖X Dᵀ‖² =
trace(D XᵀX Dᵀ).
"""

from dataclasses import dataclass

import numpy as np

from lecture_lib.quantization.blocks import finite


@dataclass(frozen=True, eq=False)
class Calibration:
    """Sums over the tokens that a layer has read; `inputs` is how many features a token has."""

    tokens: int
    products: np.ndarray  # [in, in]: XᵀX, half the Hessian of the squared error at the output
    magnitudes: np.ndarray  # [in]: sum of |x|
    largest: np.ndarray  # [in]: maximum of |x|

    @classmethod
    def of(cls, values) -> "Calibration":
        """The sums over values [..., in]. ValueError for none, and for what is not finite."""
        rows = finite("a calibration", values)
        if rows.ndim < 2 or not rows.size:
            raise ValueError(f"a calibration needs inputs [tokens, in], not shape {rows.shape}")
        rows = rows.reshape(-1, rows.shape[-1]).astype(float)
        size = np.abs(rows)
        return cls(len(rows), rows.T @ rows, size.sum(axis=0), size.max(axis=0))

    def __add__(self, other: "Calibration") -> "Calibration":
        if other.inputs != self.inputs:
            raise ValueError(
                f"a calibration of {self.inputs} inputs and one of {other.inputs} belong to "
                "different layers; add those of one layer"
            )
        return Calibration(
            self.tokens + other.tokens,
            self.products + other.products,
            self.magnitudes + other.magnitudes,
            np.maximum(self.largest, other.largest),
        )

    @property
    def inputs(self) -> int:
        return len(self.largest)

    def output_error(self, weights, restored) -> float:
        """The mean square, over tokens and outputs, of what `restored` changes at the output."""
        weights, restored = self.weights(weights), self.weights(restored)
        if weights.shape != restored.shape:
            raise ValueError(
                f"weights of shape {weights.shape} cannot come back in shape {restored.shape}"
            )
        change = weights.astype(float) - restored
        return float(np.vdot(change @ self.products, change) / self.tokens / len(change))

    def weights(self, values) -> np.ndarray:
        """The values as float32 [out, in]. ValueError where they do not read these inputs."""
        weights = finite("a weight matrix", values)
        if weights.ndim != 2 or not weights.size or weights.shape[1] != self.inputs:
            raise ValueError(
                f"weights of shape {weights.shape} do not read the {self.inputs} inputs of this "
                "calibration; they are [out, in]"
            )
        return weights
