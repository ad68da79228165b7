"""What rounding lost, and where a bit is worth 6.02 dB."""

import numpy as np
import pytest

from lecture_lib.quantization.errors import (
    DECIBELS_PER_BIT,
    crest,
    maximum_error,
    relative_rmse,
    rule_snr_db,
    snr_db,
)
from lecture_lib.quantization.rounding import Grid

RNG = np.random.default_rng(3)
EVEN = RNG.uniform(-1, 1, (100, 500))
NORMAL = RNG.normal(size=(100, 500))
HEAVY = RNG.standard_t(3, size=(100, 500))


def measured(values, bits) -> float:
    return snr_db(values, Grid(bits, group="tensor", scale_bits=32).rounded(values))


def test_errors_by_hand():
    assert relative_rmse([3, 4], [3, 3]) == 0.2
    assert snr_db([3, 4], [3, 3]) == pytest.approx(13.979, abs=1e-3)
    assert maximum_error([3, 4, -9], [3, 3, -5]) == 4
    assert snr_db([1, 2], [1, 2]) == np.inf
    assert crest([[1, -1], [1, 1]]) == 1
    assert pytest.approx(6.0206, abs=1e-4) == DECIBELS_PER_BIT


@pytest.mark.parametrize("bits", range(2, 13))
def test_for_even_data_the_rule_holds_at_every_width(bits):
    assert measured(EVEN, bits) == pytest.approx(rule_snr_db(bits), abs=0.1)


def test_for_even_data_a_further_bit_is_worth_six_decibels():
    assert measured(EVEN, 11) - measured(EVEN, 10) == pytest.approx(DECIBELS_PER_BIT, abs=0.1)
    assert rule_snr_db(12) == pytest.approx(12 * DECIBELS_PER_BIT, abs=0.01)


@pytest.mark.parametrize("bits", [6, 8, 10])
def test_for_bell_shaped_data_the_rule_holds_once_its_crest_is_known(bits):
    """It starts lower, by 20·log10(crest / √3), and then gains as much with each bit."""
    assert measured(NORMAL, bits) == pytest.approx(rule_snr_db(bits, crest(NORMAL)), abs=0.1)
    assert rule_snr_db(bits) - measured(NORMAL, bits) > 6


def test_for_heavy_tails_and_few_bits_the_rule_does_not_hold():
    """At 3 bits most values lie within half a step of zero: they are lost, and nothing more.

    The rule promises an error above the signal, and rounding cannot lose more than there is.
    """
    lost = Grid(3, group="tensor", scale_bits=32).rounded(HEAVY) == 0
    assert lost.mean() > 0.98
    assert rule_snr_db(3, crest(HEAVY)) < -5
    assert measured(HEAVY, 3) > 0
    assert measured(HEAVY, 12) == pytest.approx(rule_snr_db(12, crest(HEAVY)), abs=0.2)


def test_a_good_ratio_may_hide_that_all_but_a_spike_is_lost():
    """A spike of 2,963 among values of 0.06: 50 dB at 8 bits, and every other value is zero."""
    spiked = RNG.normal(0, 0.09, (256, 1536))
    spiked[0, 7] = 2963
    restored = Grid(8, group="tensor").rounded(spiked)
    assert snr_db(spiked, restored) > 30
    assert np.count_nonzero(restored) == 1


@pytest.mark.parametrize("measure", [relative_rmse, snr_db, maximum_error])
def test_arrays_that_do_not_pair_are_refused(measure):
    with pytest.raises(ValueError, match=r"in one shape, not \(2,\) and \(3,\)"):
        measure([1, 2], [1, 2, 3])


def test_there_is_no_share_of_nothing():
    with pytest.raises(ValueError, match="all zero"):
        relative_rmse([0, 0], [1, 0])
    with pytest.raises(ValueError, match="all zero"):
        crest([0, 0])
