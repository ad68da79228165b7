"""A sweep is the same step, asked for at every point of a cube, in blocks that stay small."""

import numpy as np
import pytest

from lecture_lib import catalog, sweep
from lecture_lib.decode import decode_step
from lecture_lib.serving import decode_roof

DEVICES = [decode_roof(name) for name in ("RTX 4090", "H100 SXM", "Raspberry Pi 5 (8GB)")]
MODELS = [catalog.shape(name) for name in ("Llama-2-7B", "gpt-oss-20b", "RWKV-5-Eagle-7B")]
SEQUENCES, CONTEXTS = np.array([1, 3, 64, 1000]), np.array([0, 1, 4096, 100_000, 131_072])


@pytest.mark.parametrize("kind", ["floor", "sum"])
def test_each_point_of_a_sweep_is_the_step_asked_for_alone(kind):
    setting = {"weight_bits": 4.5, "table_bits": 16}
    cube = sweep.sweep(MODELS, DEVICES, SEQUENCES, CONTEXTS, kind=kind, **setting)
    assert cube.shape == (3, 3, 4, 5)
    for place in np.ndindex(cube.shape):
        roof, shape = DEVICES[place[0]], MODELS[place[1]]
        step = decode_step(
            shape, roof, sequences=int(SEQUENCES[place[2]]),
            context_tokens=int(CONTEXTS[place[3]]), **setting,
        )  # fmt: skip
        assert cube[place] == pytest.approx(getattr(step, kind), rel=1e-12)


@pytest.mark.parametrize("most", [1, 3 * 5, 2 * 3 * 5, 10**6])
def test_blocks_stay_small_and_fill_the_cube_once(monkeypatch, most):
    whole = sweep.sweep(MODELS, DEVICES, SEQUENCES, CONTEXTS)
    monkeypatch.setattr(sweep, "BLOCK_POINTS", most)
    seen = np.zeros(whole.shape, int)
    for place, times in sweep.blocks(MODELS, DEVICES, SEQUENCES, CONTEXTS):
        assert times.size <= max(most, len(DEVICES) * len(CONTEXTS))
        assert whole[place] == pytest.approx(times)
        seen[place] += 1
    assert (seen == 1).all()


def test_a_sweep_of_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="times are of the kind floor or sum, not 'estimate'"):
        sweep.sweep(MODELS, DEVICES, SEQUENCES, CONTEXTS, kind="estimate")
