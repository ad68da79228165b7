"""Exercises on work and on zeros: tables of sums, joules of a token, a bitmap with signs."""

from lecture_lib import catalog
from lecture_lib.exercises.checks import Slip, Task, variants
from lecture_lib.operation_costs import operation_energy, token_energy
from lecture_lib.quantization.ternary import TRITS_IN_A_BYTE, information
from lecture_lib.units import MEGA, count, percent, plain


@variants((2560, 6920), (4096, 4095), (640, 2560), (8190, 1025), (11_008, 4095), (100, 5000))
def additions_by_table(outputs: int, inputs: int) -> Task:
    """What does looking up add?"""
    groups = inputs // TRITS_IN_A_BYTE
    filled, looked = groups * (3**TRITS_IN_A_BYTE - 1), groups * outputs
    truth = filled + looked
    dense = outputs * inputs
    return Task(
        ask=(
            f"A ternary matrix has {count(outputs)} outputs and {count(inputs)} inputs, five trits "
            "in a byte. For a token each five activations get a table of their 243 sums, which "
            "takes 242 additions to fill; then each byte adds one number from a table. How many "
            "additions are that for a token?"
        ),
        unit="additions",
        truth=truth,
        right=f"That is {percent(truth / dense)} of one for each weight.",
        slips=(
            Slip("tables for nothing", looked, "The tables have to be filled first."),
            Slip(
                "one table",
                looked + filled // groups,
                "That fills one table. Each five activations need their own.",
            ),
            Slip("no tables", dense, "That is one for each weight, without any table."),
            Slip(
                "filled for each output",
                outputs * filled + looked,
                "The tables are filled once for the token and serve all outputs.",
            ),
        ),
        hint="How many bytes has a row, and so how many tables has the token?",
        solution="Tables times what one takes, and a number for each byte of the matrix.",
        code=f"{inputs} // 5 * 242 + {outputs} * ({inputs} // 5)",
        whole=True,
    )


@variants(
    ("Llama-2-7B", "TQ1_0", 1), ("Llama-3.1-8B", "I2_S", 1), ("Llama-2-13B", "TQ1_0", 4),
    ("Llama-3.1-70B", "TQ2_0", 1), ("Llama-3.1-8B", "TQ1_0", 16), ("Llama-2-7B", "I2_S", 2),
)  # fmt: skip
def millijoules_of_a_token(model: str, packed: str, users: int) -> Task:
    """What does a ternary token take to read and to add?"""
    weights = catalog.shape(model).parameters
    bits = catalog.weight_format(packed).bits_per_weight
    bit, add = catalog.energy("dram/hbm2").low, operation_energy("7nm", "INT8", "add")
    setting = {"per_bit": bit, "operation": add}
    token = token_energy(weights, bits=bits, users=users, **setting)
    alone = token_energy(weights, bits=bits, users=1, **setting)
    share = "one user" if users == 1 else f"{users} users, who share each read,"
    slips = [
        Slip(
            "arithmetic alone",
            1e3 * token.arithmetic,
            "Those are the additions. Reading the weights takes far more.",
        ),
        Slip(
            "bytes for bits",
            1e3 * alone.reading / users / 8,
            "The energy is for a bit, not a byte.",
        ),
        Slip(
            "wide weights",
            1e3 * token_energy(weights, bits=16, users=users, **setting).total,
            "That reads 16 bits for a weight.",
        ),
    ]
    if users > 1:
        slips.append(Slip("not shared", 1e3 * alone.total, "They share the read: divide it."))
    return Task(
        ask=(
            f"{model} has {count(weights)} parameters. Say that all were ternary, at "
            f"{plain(bits, 5)} bits each as {packed}: reading a bit from HBM2 takes "
            f"{plain(bit * 1e12)} pJ, and each weight adds once, for {plain(add * 1e12)} pJ. How "
            f"many mJ does a token of {share} take for both?"
        ),
        unit="mJ",
        truth=1e3 * token.total,
        right=f"The additions are {percent(token.arithmetic / token.total)} of it.",
        slips=tuple(slips),
        hint="How many bits are read, and how many additions are made, for one token?",
        solution="Bits times the energy of one over the users, and the additions.",
        code=f"{weights} * ({bits:g} * {bit * 1e12:g} / {users} + {add * 1e12:g}) * 1e-9",
    )


@variants(
    (4096, 4096, 42), (2560, 6912, 50), (5120, 13_824, 60), (8192, 8192, 70), (4096, 11_008, 75)
)
def megabytes_of_a_bitmap(outputs: int, inputs: int, percents: int) -> Task:
    """What does a bitmap with signs take, if many weights are zero?"""
    weights, zeros = outputs * inputs, percents / 100
    truth = weights * (2 - zeros) / 8 / MEGA
    held = information(zeros)
    return Task(
        ask=(
            f"A ternary matrix has {count(outputs)} × {count(inputs)} weights, and {percents} % of "
            "them are 0. It is stored as a bitmap, one bit for each weight that says zero or not, "
            "and one more bit for the sign of each that is not. How many MB are that?"
        ),
        unit="MB",
        truth=truth,
        right=(
            f"That is {plain(2 - zeros)} bits a weight, where {plain(held, 4)} would be the least "
            "and five in a byte take 1.6."
        ),
        slips=(
            Slip("no signs", weights / 8 / MEGA, "That is the bitmap. The signs come on top."),
            Slip(
                "no bitmap",
                weights * (1 - zeros) / 8 / MEGA,
                "Those are the signs. Without the bitmap nobody knows whose they are.",
            ),
            Slip("all signs", weights * 2 / 8 / MEGA, "A zero needs no sign."),
            Slip("bits for bytes", 8 * truth, "A byte has eight bits."),
        ),
        hint="How many bits has the bitmap, and how many signs are there?",
        solution="One bit for each weight and one for each that is not zero, over eight.",
        code=f"{outputs} * {inputs} * (2 - {percents} / 1e2) / 8 / 1e6",
    )
