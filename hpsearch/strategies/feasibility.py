"""What samplers and pruners see of trials that violate a constraint, or raised `Infeasible`.

Optuna's samplers learn from a trial's constraints: by how much it exceeds each, 0 or less if it
does not. A running trial has them as far as it has reported. A report that violates one is left out
if the trial has a better one: that is where its value is from. An infeasible trial of a search
without constraints is one that was stopped before its first report: worse than all others. So is
a trial that ran out of memory or time, or reported no number: there may be something to it.
"""

import copy
from collections.abc import Container, Mapping, Sequence

from optuna import Study
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.causes import cause_of
from hpsearch.common.constraint import MOST, Constraint, has_excess, value_for
from hpsearch.common.goal import Goal, measurement_of_value
from hpsearch.common.trial import Measurement
from hpsearch.strategies.attributes import ATTRIBUTE, curve_of
from hpsearch.strategies.shown_study import Shown, ShownStudy, each_by_itself

COMPLETE = (OptunaState.COMPLETE,)

KEY = "constraints:"
"""The system attribute of a constraint begins so; `FrozenTrial.constraints` reads it."""


class Feasibility:
    """Shows trials with their constraints; keeps how, until a trial changes."""

    def __init__(self, goals: Sequence[Goal]) -> None:
        self._goals = goals
        self._constraints = goals[0].constraints
        self._known: dict[int, tuple[object, FrozenTrial]] = {}

    def seen(self, frozen: FrozenTrial) -> FrozenTrial:
        """Return a trial as samplers see it; the trial itself if constraints change nothing."""
        if frozen.state is OptunaState.FAIL and has_failed_by_params(frozen):
            return _stopped(frozen)
        if not self._constraints:
            return _without_reports(frozen) if is_infeasible(frozen) else frozen
        if not frozen.user_attrs:
            return frozen
        content = frozen.state, len(frozen.user_attrs), len(frozen.intermediate_values)
        known = self._known.get(frozen.number)
        if known is None or known[0] != content:
            known = self._known[frozen.number] = content, self._constrained(frozen)
        return known[1]

    def _constrained(self, frozen: FrozenTrial) -> FrozenTrial:
        measured = curve_of(frozen)
        seen = copy.copy(frozen)
        excess = excess_of(measured, self._goals, raised=is_infeasible(frozen))
        seen.system_attrs = {**frozen.system_attrs, **attributes(excess)}
        wrong = {m.step for m in measured if m.counts and has_excess(m, self._constraints)}
        kept = {step: v for step, v in frozen.intermediate_values.items() if step not in wrong}
        seen.intermediate_values = kept or frozen.intermediate_values
        return seen


def is_infeasible(frozen: FrozenTrial) -> bool:
    """Return whether a trial ended infeasible."""
    attribute = frozen.user_attrs.get(ATTRIBUTE)
    return isinstance(attribute, dict) and attribute.get("infeasible") is True


def is_unusable(frozen: FrozenTrial) -> bool:
    """Return whether a trial, as samplers see it, failed by its params or is infeasible."""
    if is_infeasible(frozen) or any(one > 0 for one in frozen.constraints.values()):
        return True
    return frozen.state is not OptunaState.RUNNING and has_failed_by_params(frozen)


def has_failed_by_params(frozen: FrozenTrial) -> bool:
    """Return whether a failed trial says something of its hyperparameters."""
    attribute = frozen.user_attrs.get(ATTRIBUTE)
    reason = attribute.get("reason") if isinstance(attribute, dict) else None
    return isinstance(reason, str) and cause_of(reason) is not None


def excess_of(
    measured: Sequence[Measurement], goals: Sequence[Goal], *, raised: bool = False
) -> dict[Constraint, float]:
    """Return by how much a trial exceeds each constraint; 0 while its metric is not known.

    If it is infeasible (`raised`) for no constraint's sake, it exceeds all of them.
    """
    decisive = measurement_of_value(measured, goals)
    found = {}
    for one in goals[0].constraints:
        value = value_for(one, measured, decisive)
        found[one] = 0.0 if value is None else one.excess(value)
    if raised and not any(value > 0 for value in found.values()):
        return dict.fromkeys(found, MOST)
    return found


def attributes(excess: Mapping[Constraint, float]) -> dict[str, float]:
    """Return the constraints of a trial as Optuna's system attributes."""
    return {f"{KEY}{one.label}": value for one, value in excess.items()}


def infeasible_state(values: Sequence[float], goals: Sequence[Goal]) -> OptunaState:
    """Return Optuna's state of an infeasible trial; NSGA-II and GP learn from COMPLETE alone."""
    is_measured = values and goals[0].constraints
    return OptunaState.COMPLETE if is_measured else OptunaState.PRUNED


class FeasibleStudy(ShownStudy):
    """A study as pruners see it: a trial that violates a constraint sets no threshold."""

    def __init__(self, study: Study, known: Shown) -> None:
        """`known` keeps how trials are shown, from one report to the next."""
        super().__init__(study, each_by_itself(_hide_infeasible, known))

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        if states != COMPLETE:
            return super()._get_trials(deepcopy, states, use_cache)
        # at each report: so only what is complete is looked at, none other is shown as complete
        shown = self._show(self._study._get_trials(deepcopy=False, states=states))
        return [one for one in shown if one.state in states]


def _hide_infeasible(frozen: FrozenTrial) -> FrozenTrial:
    if not frozen.state.is_finished() or not any(one > 0 for one in frozen.constraints.values()):
        return frozen
    hidden = _without_reports(frozen)
    hidden.state, hidden.values, hidden.system_attrs = OptunaState.FAIL, None, {}
    return hidden


def _stopped(frozen: FrozenTrial) -> FrozenTrial:
    seen = _without_reports(frozen)
    seen.state = OptunaState.PRUNED
    return seen


def _without_reports(frozen: FrozenTrial) -> FrozenTrial:
    seen = copy.copy(frozen)
    seen.intermediate_values = {}
    return seen
