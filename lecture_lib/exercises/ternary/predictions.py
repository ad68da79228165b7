"""What to decide before the pictures of ternary weights answer."""

from lecture_lib import catalog
from lecture_lib.citations import counted_from, worked_out_from
from lecture_lib.exercises.predictions import Choice, Option, prediction
from lecture_lib.operation_costs import (
    multiply_add_energy,
    operation_energy,
    token_energy,
    without_multiplying,
)
from lecture_lib.quantization.ternary import INFORMATION
from lecture_lib.trials import guessing_evenly, perplexity, untouched
from lecture_lib.units import MEGA, percent, plain, readable
from lecture_lib.wide_tables import bytes_by_part


@prediction
def bits_of_a_trit() -> Choice:
    """What does a weight of three values take in a file?"""
    fives = next(n for n in range(1, 9) if 3 ** (n + 1) > 256)  # trits that fit a byte
    shares = [1.0, INFORMATION, 8 / fives, 2.0]
    return Choice(
        "A weight is −1, 0 or 1, all three equally often. A file consists of bytes, and each byte "
        "is to be read without looking at its neighbours. How many bits must a weight take at "
        "least?",
        (
            Option("1 bit", "A bit has two values, and the third is overlooked."),
            Option(
                f"{plain(INFORMATION, 4)} bits, log₂ 3",
                "That is the information, and it overlooks that 256 is no power of three.",
            ),
            Option(
                f"{plain(8 / fives)} bits",
                f"{fives} trits have {3**fives} values, which fit the 256 of a byte, and one more "
                f"would have {3 ** (fives + 1)}.",
            ),
            Option(
                "2 bits",
                "Two bits have four values, and it is overlooked that trits can share a byte as "
                "digits share a number.",
            ),
        ),
        right=min(range(4), key=lambda k: abs(shares[k] - 8 / fives)),
        source="Counted: 3⁵ = 243 and 3⁶ = 729, beside 256.",
    )


@prediction
def saved_by_adding() -> Choice:
    """What does a token save, if its weights become ternary?"""
    weights = catalog.shape("Llama-2-7B").streamed_parameters()
    bit = catalog.energy("dram/hbm2").low
    packed = catalog.weight_format("TQ1_0").bits_per_weight
    wide, ternary = (
        token_energy(weights, bits=bits, per_bit=bit, operation=operation)
        for bits, operation in (
            (16, multiply_add_energy("7nm", "FP16")),
            (packed, operation_energy("7nm", "INT8", "add")),
        )
    )
    saved, alone = wide.total / ternary.total, without_multiplying("7nm")
    shares = [alone, saved, 16 / 4 / 1.58, wide.total / (wide.reading + ternary.arithmetic)]
    return Choice(
        f"An FP16 multiply-add takes {plain(alone)} times the energy of an INT8 addition (7 nm). "
        "A model of 7 billion weights goes from FP16 to ternary, and one user decodes, with the "
        "weights in HBM2. How many times less do its reading and its arithmetic take together?",
        (
            Option(
                f"about {plain(shares[0], 2)} times",
                f"The reads are overlooked, which take {percent(wide.reading / wide.total)} of the "
                "energy of the FP16 token.",
            ),
            Option(
                f"about {plain(shares[1], 2)} times",
                f"16 bits become {plain(packed, 5)}, and beside "
                f"{readable(wide.reading, 'J', 2)} of reading the "
                f"{readable(wide.arithmetic, 'J', 2)} of arithmetic hardly count.",
            ),
            Option(
                f"about {plain(shares[2], 2)} times",
                "That is four bits over 1.58, and it overlooks that the weights had 16 bits.",
            ),
            Option(
                f"{plain(shares[3])} times",
                "That is what adding alone would save, and it overlooks that ternary weights are "
                "shorter to read as well.",
            ),
        ),
        right=min(range(4), key=lambda k: abs(shares[k] - saved)),
        source=worked_out_from("Llama-2-7B", "TQ1_0", "dram/hbm2", "7nm/fp16_mult"),
    )


@prediction
def kept_wide() -> Choice:
    """How much smaller is a whole ternary model?"""
    shape = catalog.shape("BitNet-b1.58-2B4T")
    four, six, two = (
        catalog.weight_format(name).bits_per_weight for name in ("Q4_0", "Q6_K", "I2_S")
    )
    rival = bytes_by_part(shape, layer_bits=four, table_bits=six)
    ternary = bytes_by_part(shape, layer_bits=two, table_bits=16)
    ratio = sum(rival.values()) / sum(ternary.values())
    tables = ternary["tables"] / sum(ternary.values())
    shares = [4 / 1.58, four / two, ratio, 0.8]
    return Choice(
        f"{shape.name} keeps the matrices of its layers in 2 bits a weight, and its table of "
        f"{shape.vocabulary:,} tokens in 16. The same model in Q4_0, 4.5 bits, would keep the "
        "table in 6.5625. How many times smaller is the ternary file?",
        (
            Option(
                f"{plain(shares[0])} times",
                "That is 4 over 1.58, and overlooks how both are stored.",
            ),
            Option(
                f"{plain(shares[1])} times",
                "That holds for the layers, and overlooks the table that is kept wide.",
            ),
            Option(
                f"{plain(ratio)} times",
                f"The table alone is {percent(tables)} of the ternary file, "
                f"{readable(ternary['tables'], 'B')} beside {readable(ternary['layers'], 'B')} of "
                "layers.",
            ),
            Option(
                "it is larger",
                "That would take a larger vocabulary or smaller layers, and overlooks that there "
                f"are {plain(shape.parameters / 1e9, 2)} billion weights.",
            ),
        ),
        right=min(range(4), key=lambda k: abs(shares[k] - ratio)),
        source=counted_from("BitNet-b1.58-2B4T", "Q4_0", "I2_S"),
    )


@prediction
def rounded_afterwards() -> Choice:
    """What does a trained model become, if it is rounded to three values?"""
    trits = catalog.trial("weights ternary")
    four, blind = catalog.trial("weights Q4_0"), guessing_evenly()
    base, found = untouched().perplexity, perplexity(trits)
    options = [base * four.ratio, base * 3, 2000.0, 2.0 * blind]
    ruined = found > blind
    return Choice(
        f"SmolLM2-135M has a perplexity of {plain(base)} on Alice in Wonderland. Its "
        "layers are rounded to three values by BitNet's rule, and nothing is trained. What is it "
        "then?",
        (
            Option(
                f"about {plain(options[0], 2)}, as after four bits",
                "Four bits have sixteen values for each block, and this overlooks how much three "
                "for a whole matrix lose.",
            ),
            Option(
                f"about {plain(options[1], 2)}, three times as much",
                "Half of every weight is lost, and it is overlooked that thirty layers pass their "
                "errors on.",
            ),
            Option(
                "some thousands",
                "Such a model would still know which words are frequent, and this overlooks that "
                "it no longer knows even that.",
            ),
            Option(
                f"above {blind:,}, worse than guessing blindly",
                f"It is {plain(found / MEGA, 2)} million, and the model writes "
                f"“{trits.says[:20].strip()}…”, as nothing in it was trained for three values.",
            ),
        ),
        right=3 if ruined else min(range(3), key=lambda k: abs(options[k] - found)),
        source=f"Measured on {trits.measured_on}: rows of lecture_lib/data/bench.toml.",
    )
