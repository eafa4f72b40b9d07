"""Words and shapes of a chart show what its colors show."""

from __future__ import annotations

from xml.etree import ElementTree

from tasks.domain.verdict.noninferiority import Guard, State
from tasks.domain.verdict.systems import Move
from tasks.report.charts import dumbbells, forest, guard_bounds, training_curves
from tasks.report.figures import Change, ker_point


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


def description(svg: str) -> str:
    return next(element.text or "" for element in ElementTree.fromstring(svg).iter("desc"))


def markers(svg: str) -> list[dict[str, str]]:
    return [element.attrib for element in ElementTree.fromstring(svg).iter("use")]


def guard(
    name: str, state: State, candidate: float | None = 0.1, upper: float | None = 0.15
) -> Guard:
    limit = None if candidate is None else 0.2
    return Guard(
        name, 0.1, candidate, limit, upper, state, state == "held", 9, "term", 9, 0.975, 0.01
    )


def test_a_line_gives_both_rates_and_describes_the_interval() -> None:
    svg = dumbbells("k", "KER", [Change("drug (52)", ker_point(0.8, 26), ker_point(0.0, 26))])
    assert {"drug (52)", "0.800 → 0.000"} <= set(texts(svg))
    assert description(svg) == "drug (52): 0.800 before, 0.000 (0.000 to 0.132) after"


def test_a_system_alone_has_one_rate_and_the_chosen_one_is_named() -> None:
    svg = dumbbells("k", "KER", [Change("base", None, ker_point(0.5, 10), marked=True)])
    assert {"base", "0.500 chosen"} <= set(texts(svg))
    assert description(svg).endswith("chosen")


def test_states_of_guards_differ_in_word_and_shape() -> None:
    states: tuple[State, ...] = ("held", "open", "broke")
    shapes: set[frozenset[str]] = set()
    for state in states:
        svg = guard_bounds("g", "Guards", [guard("other_terms", state)])
        assert state in texts(svg)
        assert "other terms" in texts(svg)
        root = ElementTree.fromstring(svg)
        shapes.add(frozenset(p.attrib["d"] for p in root.iter("path") if "id" in p.attrib))
    assert len(shapes) == 3


def test_a_guard_that_nothing_is_known_of_is_labeled_so() -> None:
    assert "not known" in texts(
        guard_bounds("g", "Guards", [guard("general_wer", "open", None, None)])
    )


def test_a_guard_without_a_margin_reports_that_nothing_is_known() -> None:
    none = Guard("general_wer", 0.0, 0.0, 0.0, 0.1, "open", False, 9, "clip", 9, 0.975)
    assert "not known" in texts(guard_bounds("g", "Guards", [none]))


def test_what_lies_outside_the_chart_is_drawn_at_its_edge() -> None:
    far = guard_bounds("g", "Guards", [guard("other_terms", "broke", 0.99, 1.0)])
    width = float(ElementTree.fromstring(far).attrib["viewBox"].split()[2])
    assert all(0 <= float(mark["x"]) <= width for mark in markers(far))


def test_the_training_chart_names_each_curve_and_describes_its_values() -> None:
    epochs = [
        {"train_loss": 7.1, "val_loss": 3.6, "val_wer": 0.1},
        {"train_loss": 2.0, "val_wer": 0.06},
    ]
    svg = training_curves("t", "Training", epochs)
    assert {"train_loss", "val_loss", "val_wer"} <= set(texts(svg))
    assert description(svg) == "train_loss: 7.100, 2.000; val_loss: 3.600; val_wer: 0.100, 0.060"


def test_a_training_that_left_no_loss_has_the_other_curve_alone() -> None:
    assert description(training_curves("t", "Training", [{"val_wer": 0.1}])) == "val_wer: 0.100"


def test_a_forest_describes_each_pair_and_ends_at_the_edge() -> None:
    moves = [
        ("A → B", "B better", Move(78, 44, 0.436, (0.15, 0.66))),
        ("B → A", "not shown", Move(4, 12, -2.0, (-6.0, -0.2))),
        ("C → A", "not shown", Move(0, 12, None, None)),
    ]
    svg = forest("p", "Drop", moves)
    assert {"A → B", "B better", "not known"} <= set(texts(svg))
    assert description(svg) == (
        "A → B: 43.6% (15% to 66%), B better; B → A: -200.0% (-600% to -20%), not shown; "
        "C → A: –, not shown"
    )
