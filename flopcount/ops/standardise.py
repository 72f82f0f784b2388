"""The arithmetic of normalisation: `y = γ·(x − μ) / √(σ² + ε) + β`, and its gradients.

What differs between the ops is which elements share a mean and a variance: a *group*. So the work is stated for all
`elements` and all `groups` together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..op import Work, add, div, mul, special, to_input, to_weight


def statistics(elements: Any, groups: Any) -> Sequence[Work]:
    """The mean and the variance of each group.

    For a group of m elements the mean takes m − 1 additions and 1 division, the variance m subtractions, m squares,
    m − 1 additions and 1 division.

    Example:
        >>> sum(work.count for work in statistics(elements=100, groups=10))
        400
    """
    return (*mean(elements, groups), *variance(elements, groups))


def mean(elements: Any, groups: Any) -> Sequence[Work]:
    """The mean of each group."""
    return (add(elements - groups), div(groups))


def variance(elements: Any, groups: Any) -> Sequence[Work]:
    """The variance of each group, about its mean."""
    return (add(2 * elements - groups), mul(elements), div(groups))


def standardise(elements: Any, groups: Any) -> Sequence[Work]:
    """`(x − μ) / √(σ² + ε)`: a subtraction and a division per element, an addition and a root per group.

    Example:
        >>> [(work.kind, work.count) for work in standardise(elements=100, groups=10)]
        [('add', 110), ('div', 100), ('special', 10)]
    """
    return (add(elements + groups), div(elements), special(groups))


def scale_and_shift(elements: Any, scale: bool = True, shift: bool = True) -> Sequence[Work]:
    """`γ·x + β`: a multiplication and an addition per element, where they are learned.

    With `statistics` and `standardise` that makes 8 primitives per element and 2 per group.

    Example:
        >>> [(work.kind, work.count) for work in scale_and_shift(elements=100)]
        [('mul', 100), ('add', 100)]
    """
    return ((mul(elements),) if scale else ()) + ((add(elements),) if shift else ())


def normalise(elements: Any, groups: Any, scale: bool, shift: bool) -> Sequence[Work]:
    """Statistics from the elements themselves, normalised, scaled and shifted."""
    return (*statistics(elements, groups), *standardise(elements, groups), *scale_and_shift(elements, scale, shift))


def learned_back(elements: Any, learned: Any, scale: bool = True, shift: bool = True) -> Sequence[Work]:
    """The gradients of γ and β: `dγ = Σ dy·x̂` and `dβ = Σ dy`, each over all elements that one learned number serves.

    x̂ is the normalised x, which the forward pass has computed.

    Example:
        >>> [(work.to, work.kind, work.count) for work in learned_back(elements=100, learned=10)]
        [('weight', 'mul', 100), ('weight', 'add', 90), ('bias', 'add', 90)]
    """
    gamma = to_weight("weight", mul(elements), add(elements - learned)) if scale else ()
    return (*gamma, *(to_weight("bias", add(elements - learned)) if shift else ()))


def standardise_back(elements: Any, groups: Any, scale: bool = True) -> Sequence[Work]:
    """The gradient to the input: `dx = (g − mean(g) − x̂·mean(g·x̂)) / √(σ² + ε)` with g = γ·dy, a mean for each group.

    The means take a multiplication per element, an addition per element but one of each group, twice, and 2 divisions
    per group; then every element 2 subtractions, a multiplication and a division.

    Example:
        >>> [(work.kind, work.count) for work in standardise_back(elements=100, groups=10, scale=False)]
        [('mul', 200), ('add', 380), ('div', 120)]
    """
    scaled = to_input(0, mul(elements)) if scale else ()
    return (*scaled, *to_input(0, mul(2 * elements), add(4 * elements - 2 * groups), div(elements + 2 * groups)))


def normalise_back(elements: Any, groups: Any, learned: Any, scale: bool, shift: bool) -> Sequence[Work]:
    """All gradients of `normalise`."""
    return (*learned_back(elements, learned, scale, shift), *standardise_back(elements, groups, scale))
