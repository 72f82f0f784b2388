"""The oracle itself, on computations whose gradients are known."""

from __future__ import annotations

from tests.differentiating import Tape, softmax, total


def test_a_product_takes_a_multiplication_for_each_factor() -> None:
    tape = Tape()
    assert tape.backward([tape.variable() * tape.variable()]) == {"mul": 2}


def test_nothing_is_done_for_what_nobody_wants() -> None:
    tape = Tape()
    frozen = tape.variable(wanted=False)
    assert tape.backward([frozen * tape.variable(), frozen * frozen]) == {"mul": 1}


def test_what_leads_to_no_output_has_no_gradient() -> None:
    tape = Tape()
    x = tape.variable()
    x * x
    assert tape.backward([x + tape.variable()]) == {}


def test_gradients_of_several_readers_are_added() -> None:
    tape = Tape()
    x = tape.variable()
    assert tape.backward([2 * x, 3 * x, x + tape.variable()]) == {"mul": 2, "add": 2}


def test_what_is_subtracted_from_nothing_is_negated() -> None:
    tape = Tape()
    x = tape.variable()
    assert tape.backward([1 - x]) == {"add": 1}
    tape = Tape()
    x = tape.variable()
    assert tape.backward([1 - x, 2 * x]) == {"mul": 1, "add": 1}


def test_a_softmax_takes_its_sum_once() -> None:
    tape = Tape()
    row = [tape.variable() for _ in range(5)]
    assert tape.backward(softmax(row)) == {"mul": 5 + 5, "add": 4 + 5}


def test_a_chain() -> None:
    tape = Tape()
    x = [tape.variable() for _ in range(3)]
    assert tape.backward([total(x).tanh() / 4]) == {"div": 1, "mul": 2, "add": 1}
