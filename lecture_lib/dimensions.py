"""What the dimensions of models must be to fit one, and what a shape leaves unsaid of them."""


def require_whole(owner, least):
    """Refuse an owner whose fields are not whole numbers: `least` maps each to its smallest."""
    for field, smallest in least.items():
        value = getattr(owner, field)
        if type(value) is not int or value < smallest:
            raise ValueError(
                f"{owner.name}: {field} must be a whole number, {smallest} or more, not {value!r}; "
                "see the model's config.json"
            )


def require_parts(owner, whole, *parts):
    """Refuse an owner with more in one of the fields `parts` than in the field `whole`."""
    most = getattr(owner, whole)
    for part in parts:
        if (found := getattr(owner, part)) > most:
            raise ValueError(
                f"{owner.name}: {part} must be at most {whole}, {most}, not {found}; "
                "see the model's config.json"
            )


def require_places(owner, field, count):
    """Refuse an owner whose field names other than `count` of its layers, in turn, or none: ()."""
    places = getattr(owner, field)
    there = tuple(layer for layer in range(owner.layers) if layer in places)
    if places and (places != there or len(places) != count):
        raise ValueError(
            f"{owner.name}: {field} must be {count} of the layers 0 to {owner.layers - 1}, in "
            f"turn, not {places!r}; see layer_types in the model's config.json"
        )


def require_divisor(owner, part, whole):
    """Refuse an owner whose field `part` does not divide its field `whole`."""
    found, divided = getattr(owner, part), getattr(owner, whole)
    if divided % found:
        divisors = [number for number in range(1, divided + 1) if divided % number == 0]
        nearest = sorted(sorted(divisors, key=lambda divisor: abs(divisor - found))[:2])
        raise ValueError(
            f"{owner.name}: {part} must divide {whole}, and {found} does not divide {divided}; "
            f"the nearest that do are {nearest}"
        )


def every_nth(layers, count):
    """Which of the layers, from 0, are `count` of them at even distances: the last of each turn.

    >>> every_nth(12, 2)
    (5, 11)
    """
    turn = layers // count if count else 0
    return tuple(turn * (k + 1) - 1 for k in range(count))
