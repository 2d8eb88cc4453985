"""A study as Python code holds it: what it knows, and all that can be done with it.

What a command does is a method here. Every answer is read from the store at that moment, so that it
is live while another thread or process runs the search.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from hpsearch import usecases
from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.trial import TrialRecord
from hpsearch.display.live_table import ClosableDisplay, choose_display
from hpsearch.engine.ports import Display, Listener
from hpsearch.experiment.changes import changed
from hpsearch.experiment.schema import Experiment
from hpsearch.models.files import ModelFormat
from hpsearch.store import Store, Studies, default_studies, find_study, is_folder, open_store
from hpsearch.usecases import (
    Confirmation,
    Evaluation,
    ExportedModel,
    Interrupts,
    Result,
    Source,
    StudyView,
    TrialLog,
    faults,
)
from hpsearch.usecases.no_result import no_complete_trial
from hpsearch.usecases.report import WrittenReport
from hpsearch.usecases.view import Standing

if TYPE_CHECKING:
    import pandas as pd

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Function = Callable[..., object]
Keys = Mapping[str, object]

_running: dict[tuple[str, str], list[Interrupts]] = {}
"""What stops the searches of this process, by store and study."""


def _direct(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Have errors raised as if by the call itself; how they came about is their `__context__`."""

    @functools.wraps(function)
    def called(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return function(*args, **kwargs)
        except HpsearchError as error:
            raise type(error)(*error.faults) from None

    return called


class Study:
    """A study. It holds no file and no lock open, and is pickled by its address."""

    def __init__(self, studies: Store, name: str, function: Function | None = None) -> None:
        """`function` is the trainable, if Python code gave it; see `hpsearch.open_study`."""
        self._studies = studies
        self._store = studies.study(name)
        self._function = function

    # ---- what it knows ---------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The study's name."""
        return self._store.name

    @property
    def address(self) -> str:
        """Where it is: `hpsearch.open_study(address)` opens it from anywhere."""
        return self._store.address

    @_direct
    def look(self) -> StudyView:
        """Return the study as it stands now; raises UserError if it is not there any more."""
        view = usecases.look(self._studies, self.name)
        return replace(view, experiment=view.experiment.calling(self._function))

    @property
    def experiment(self) -> Experiment:
        """The experiment that it was last run with."""
        return self.look().experiment

    @property
    def standing(self) -> Standing:
        """Whether it is `running`, `finished` or `to be continued`."""
        return self.look().standing

    @property
    def trials(self) -> Sequence[TrialRecord]:
        """All trials by number; those that run are among them."""
        return self.look().records

    @property
    def best(self) -> TrialRecord | None:
        """The best complete trial, or None."""
        return self.look().best

    def to_dataframe(self) -> "pd.DataFrame":
        """Return a row for each trial, with a column for each hyperparameter."""
        return usecases.table(self.look())

    @_direct
    def suggest(self, params: Mapping[str, Any]) -> None:
        """Have hyperparameters tried next; what they leave out, the sampler completes.

        They are on disk when this returns, and are tried by the search that is under way or by the
        next one. Raises UserError with all that is wrong with them.
        """
        usecases.suggest(self.look(), params)

    def importance(self) -> dict[str, float]:
        """Return how much each hyperparameter mattered, as shares of 1; empty with few trials."""
        from hpsearch.strategies.importance import weigh

        view = self.look()
        return dict(weigh(view.store, view.experiment).shares)

    @_direct
    def logs(
        self, trial: int | None = None, attempt: int | None = None, *, confirmation: bool = False
    ) -> TrialLog:
        """Return what a trial printed: the best one's last attempt, unless others are named.

        With `confirmation` the trial is one of the confirmation's trainings.
        """
        return usecases.trial_log(
            self.look(), number=trial, attempt=attempt, confirmation=confirmation
        )

    # ---- the search ------------------------------------------------------------------------------

    @_direct
    def run(
        self,
        function: Function | None = None,
        *,
        trials: int | None = None,
        minutes: float | None = None,
        set: Keys | None = None,
        local: bool = False,
        fresh: bool = False,
        register: bool = True,
        verbose: bool = False,
        quiet: bool = False,
    ) -> "Study":
        """Go on with the search, and return this study; see `hpsearch.run`.

        `trials` and `minutes` are totals. `function` is needed if Python code gave the trainable as
        a function, and this process has not run it yet.
        """
        source = self._source(function, _keys(trials, minutes, set))
        options: dict[str, Any] = {
            "local": local,
            "fresh": fresh,
            "register": register,
            "verbose": verbose,
        }
        self._run(source, choose_display(quiet=quiet), **options)
        return self

    @_direct
    def stream(
        self,
        function: Function | None = None,
        *,
        trials: int | None = None,
        minutes: float | None = None,
        set: Keys | None = None,
        local: bool = False,
        register: bool = True,
        verbose: bool = False,
        quiet: bool = True,
    ) -> Iterator[TrialRecord]:
        """Go on with the search in another thread, and yield each trial as it ends.

        Whoever leaves the loop, or closes it, interrupts the search gently.
        """
        source = self._source(function, _keys(trials, minutes, set))
        display = choose_display(quiet=quiet)
        options: dict[str, Any] = {"local": local, "register": register, "verbose": verbose}
        interrupts = Interrupts(display)

        def search(listener: Listener) -> None:
            self._run(source, display, interrupts=interrupts, listeners=[listener], **options)

        return usecases.stream(search, interrupts.stop)

    @_direct
    def stop(self) -> None:
        """Stop the search that another thread runs: trials save a checkpoint, and can go on."""
        running = _running.get((self._studies.address, self.name), [])
        for interrupts in list(running):
            interrupts.stop()
        if not running and self._store.lease().is_held():
            raise UserError(faults.driven_elsewhere(self.name))

    def search(
        self,
        source: Source,
        display: Display,
        *,
        local: bool = False,
        fresh: bool = False,
        register: bool = True,
        verbose: bool = False,
        interrupts: Interrupts | None = None,
        listeners: Sequence[Listener] = (),
    ) -> Result:
        """Search, on a display of the caller's; how it ended is in what it returns."""
        interrupts = interrupts or Interrupts(display)
        with self._stoppable(interrupts):
            return usecases.run(
                source, display, store=self._store, local=local, fresh=fresh, register=register,
                verbose=verbose, interrupts=interrupts, listeners=listeners,
            )  # fmt: skip

    def _run(
        self,
        source: Source,
        display: ClosableDisplay,
        *,
        interrupts: Interrupts | None = None,
        **options: Any,
    ) -> None:
        """Search; raises KeyboardInterrupt after a Ctrl-C, SearchFailed if no trial is complete."""
        interrupts = interrupts or Interrupts(display)
        self._function = source.experiment.function
        try:
            result = self.search(source, display, interrupts=interrupts, **options)
        except KeyboardInterrupt:
            if interrupts.is_asked and not interrupts.is_signalled:
                return  # `stop`, before the first trial began
            raise
        finally:
            display.close()
        if interrupts.is_signalled:
            raise KeyboardInterrupt
        if result.best is None and not result.interrupted:
            fault = no_complete_trial(self.name, result.experiment, result.records)
            raise SearchFailed(fault)

    def _source(self, function: Function | None, keys: Keys) -> Source:
        view = self.look()
        experiment = changed(view.experiment.calling(function), {}, keys)
        return view.identity.source_of(experiment)

    @contextmanager
    def _stoppable(self, interrupts: Interrupts) -> Iterator[None]:
        running = _running.setdefault((self._studies.address, self.name), [])
        running.append(interrupts)
        try:
            yield
        finally:
            running.remove(interrupts)

    # ---- what becomes of it ----------------------------------------------------------------------

    @_direct
    def confirm(
        self,
        top: int = 5,
        seeds: int = 5,
        *,
        local: bool = False,
        fresh: bool = False,
        register: bool = True,
        verbose: bool = False,
        quiet: bool = False,
        display: Display | None = None,
    ) -> Confirmation:
        """Train the `top` configurations again from so many fresh seeds, and return what is best.

        A Ctrl-C raises KeyboardInterrupt, with everything saved; on a `display` of the caller's,
        the result says it.
        """
        own = choose_display(quiet=quiet) if display is None else None
        shown = display or own or choose_display(quiet=True)
        interrupts = Interrupts(shown)
        try:
            with self._stoppable(interrupts):
                found = usecases.confirm(
                    self.look(), shown, top=top, seeds=seeds, local=local, fresh=fresh,
                    register=register, verbose=verbose, interrupts=interrupts,
                )  # fmt: skip
        finally:
            if own is not None:
                own.close()
        if own is not None and interrupts.is_signalled:
            raise KeyboardInterrupt
        return found

    @_direct
    def evaluate(self, trial: int | None = None) -> Evaluation:
        """Return what a trial's model is worth on the held-out data: the best one's by default."""
        return usecases.evaluate(self.look(), number=trial)

    @_direct
    def export(
        self,
        folder: str | Path | None = None,
        trial: int | None = None,
        formats: Sequence[str] = (),
        *,
        force: bool = False,
    ) -> ExportedModel:
        """Write a trial's model as files; by default the best one's, into the study.

        `formats` are `safetensors`, `pt2`, `onnx` and `torchscript`; by default the first two.
        """
        unknown = [one for one in formats if one not in {*ModelFormat}]
        if unknown:
            raise UserError(faults.format_unknown(unknown[0], [*ModelFormat]))
        wanted = tuple(map(ModelFormat, formats))
        output = None if folder is None else Path(folder)
        return usecases.export(
            self.look(), number=trial, formats=wanted, output=output, force=force
        )

    @_direct
    def load_model(self, trial: int | None = None) -> Any:
        """Return a trial's model, a `torch.nn.Module` in eval mode: the best one's by default."""
        return usecases.load_model(self.look(), number=trial)

    @_direct
    def report(self, path: str | Path | None = None, *, force: bool = False) -> WrittenReport:
        """Write the study as one HTML file: into the study, or to `path`."""
        output = None if path is None else Path(path)
        return usecases.report(self.look(), output=output, force=force)

    @_direct
    def remove(self, *, keep_runs: bool = False) -> None:
        """Remove the study, and put its runs in MLflow into the trash; nobody is asked."""
        with usecases.removing(self._studies, [self.name], keep_runs=keep_runs) as removals:
            for removal in removals:
                removal.carry_out()

    # ---- how Python shows and keeps it -----------------------------------------------------------

    def __repr__(self) -> str:
        try:
            view = usecases.look(self._studies, self.name)
        except HpsearchError as error:
            return f"<Study {self.name!r} at {self.address}: {error.faults[0].code}>"
        best = f", best {view.best.value:g}" if view.best and view.best.values else ""
        amount = f"trials: {len(view.records)}"
        return f"<Study {self.name!r} at {self.address}: {view.standing}, {amount}{best}>"

    def _repr_html_(self) -> str | None:
        try:
            return usecases.card_of(self.look())
        except HpsearchError:
            return None  # a notebook then shows `repr`

    def __reduce__(self) -> tuple[Callable[..., "Study"], tuple[str]]:
        if not self._store.is_durable:
            raise TypeError(f"{self!r} cannot be pickled: it ends with this process")
        return open_study, (self.address,)


@_direct
def run(
    experiment: Experiment | str | Path | Function,
    *,
    set: Keys | None = None,
    name: str | None = None,
    space: Mapping[str, Any] | None = None,
    objective: Any = None,
    params: Mapping[str, Any] | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    studies: Studies | None = None,
    local: bool = False,
    fresh: bool = False,
    register: bool = True,
    verbose: bool = False,
    quiet: bool = False,
    **sections: Any,
) -> Study:
    """Search until the budget is spent, and return the study; the same call goes on with it.

    `experiment` is the path of a YAML file, an `Experiment`, or the trainable itself: a function
    `train(params, trial)`. What is named beside it replaces whole sections of the experiment; `set`
    sets single keys by their path, as `--set` does: `set={"budget.minutes": 3}`. `local` runs the
    trials in this thread, without Ray; `fresh` begins anew and renames the study that is there.

    Raises UserError before anything starts, SearchFailed if no trial is complete in the end, and
    KeyboardInterrupt after a Ctrl-C, with everything saved.
    """
    named = {"name": name, "space": space, "objective": objective, "params": params}
    asked = {key: value for key, value in named.items() if value is not None}
    source = Source.given(experiment, asked | sections, _keys(trials, minutes, set))
    study = Study(open_store(_place(studies)), source.experiment.name)
    options: dict[str, Any] = {
        "local": local,
        "fresh": fresh,
        "register": register,
        "verbose": verbose,
    }
    study._run(source, choose_display(quiet=quiet), **options)
    return study


@_direct
def open_study(name_or_path: str | Path, studies: Studies | None = None) -> Study:
    """Return a study that was begun, by its name or its address; raises UserError without one.

    If Python code gave its trainable as a function, the study goes on with it: `study.run(train)`.
    """
    name = str(name_or_path).rstrip("/")
    if studies is None and "/" in name:
        studies, _, name = name.rpartition("/")
    store = open_store(_place(studies))
    find_study(store, name)
    return Study(store, name)


@_direct
def list_studies(studies: Studies | None = None) -> list[Study]:
    """Return the studies of a store, by name."""
    store = open_store(_place(studies))
    return [Study(store, name) for name in store.names()]


def _place(studies: Studies | None) -> Studies:
    """Return where studies are, wherever the current folder is later."""
    place = default_studies() if studies is None else studies
    return Path(place).absolute() if is_folder(place) else place


def _keys(trials: int | None, minutes: float | None, others: Keys | None) -> Keys:
    totals = {"budget.trials": trials, "budget.minutes": minutes}
    return {key: value for key, value in totals.items() if value is not None} | {**(others or {})}
