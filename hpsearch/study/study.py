"""A study: what it knows, and all that can be done with it.

What a command does is a method here. Every answer is read from the store when it is asked for, so
it is up to date while another thread or process runs the search.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpsearch import usecases
from hpsearch.common.errors import UserError
from hpsearch.common.trial import TrialRecord
from hpsearch.display.live_table import ClosableDisplay, choose_display
from hpsearch.engine import Display, Listener
from hpsearch.experiment import Experiment, Suggestion, change_experiment
from hpsearch.store import Studies, open_store
from hpsearch.study.arguments import Keys, budget_keys, import_request, path_of, paths_of
from hpsearch.study.search import display_or_own, finish, stop, stoppable
from hpsearch.study.text import html_of, line_of
from hpsearch.study.traceback import direct_iteration, direct_methods
from hpsearch.usecases import (
    Amended,
    Confirmation,
    Evaluation,
    ExportedModel,
    Imported,
    Interrupts,
    Prediction,
    Result,
    SlotChange,
    Source,
    Standing,
    StudyView,
    TrialLog,
    WhatIf,
    WrittenReport,
)
from hpsearch.usecases.faults import argument_wrong

if TYPE_CHECKING:
    import optuna
    import pandas as pd

    from hpsearch.strategies import Rerun

Function = Callable[..., object]


@direct_methods
class Study:
    """One search and all that it knows. It keeps no file open, and is pickled by its address."""

    def __init__(self, studies: Studies, name: str, function: Function | None = None) -> None:
        """`function` is the trainable, if Python code gave it; see `hpsearch.open_study`.

        The study need not exist yet. Raises UserError if no study can have that name.
        """
        self._studies = open_store(studies)
        self._store = self._studies.study(name)
        self._function = function

    # ---- what it knows ---------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The study's name."""
        return self._store.name

    @property
    def address(self) -> str:
        """The study's address: `hpsearch.open_study(address)` opens it from any folder."""
        return self._store.address

    def look(self) -> StudyView:
        """Return the study as it is now; raises UserError if it does not exist."""
        view = usecases.look(self._studies, self.name)
        return replace(view, experiment=view.experiment.calling(self._function))

    @property
    def experiment(self) -> Experiment:
        """The experiment of its last run."""
        return self.look().experiment

    @property
    def standing(self) -> Standing:
        """`running`, `finished`, `failed`, `interrupted`, or `imported` if it was never run."""
        return self.look().standing

    @property
    def trials(self) -> Sequence[TrialRecord]:
        """All trials, sorted by number; running ones too."""
        return self.look().records

    @property
    def best(self) -> TrialRecord | None:
        """The best complete trial, or None; of several objectives, by the first: `best_trials`."""
        return self.look().best

    @property
    def best_trials(self) -> Sequence[TrialRecord]:
        """The Pareto front, sorted by the first objective; with one objective the best trial."""
        return self.look().front

    def to_dataframe(self) -> "pd.DataFrame":
        """Return a table with a row for each trial and a column for each hyperparameter."""
        return usecases.table(self.look())

    def to_optuna(self) -> "optuna.Study":
        """Return a copy in memory, as an `optuna.Study`: for Optuna's plots and terminators.

        It has the trials as they are now, with the same numbers; what is done with it changes
        nothing here. A paused trial is RUNNING in it. `user_attrs` have the reason and the seed.
        """
        return usecases.to_optuna(self.look())

    def suggest(self, params: Mapping[str, Any] | Sequence[str]) -> Suggestion:
        """Suggest hyperparameters: they are tried next, once. The sampler adds the missing ones.

        `params` is a mapping, or words as the command takes them: `["learning_rate=0.003"]`. It is
        on disk when this returns; the search that is running takes it, else the next one. Raises
        UserError with all that is wrong.
        """
        return usecases.suggest(self.look(), params)

    def import_trials(
        self,
        origin: str | Path,
        *,
        map: Mapping[str, str] | None = None,
        study_name: str | None = None,
        dry_run: bool = False,
    ) -> Imported:
        """Add the finished trials of a CSV or an Optuna storage; see `hpsearch.import_trials`."""
        view = self.look()
        source = view.identity.source_of(view.experiment)
        request = import_request(origin, map, study_name)
        return usecases.import_trials(source, self._store, request, dry_run=dry_run)

    def amend(
        self,
        experiment: Experiment | str | Path | None = None,
        *,
        set: Keys | None = None,
        dry_run: bool = False,
        **sections: Any,
    ) -> Amended:
        """Change what the study searches, and keep the trials that are still part of it.

        `experiment` is a YAML file or an Experiment, else the study's own is changed: other named
        arguments replace whole sections, `set` single keys by their path. Says which trials still
        count. Raises UserError with all that is wrong, or if a driver runs the study.
        """
        keys = budget_keys(None, None, set)
        if experiment is not None:
            source = Source.given(experiment, sections, keys)
        else:
            view = self.look()
            source = view.identity.source_of(change_experiment(view.experiment, sections, keys))
        return usecases.amend(source, self._store, dry_run=dry_run)

    def importance(self) -> dict[str, float]:
        """Return how much each hyperparameter mattered, in shares of 1.

        It takes at least 10 complete trials; with fewer it is empty, and a warning says why.
        """
        return usecases.importance(self.look())

    def logs(
        self, trial: int | None = None, attempt: int | None = None, *, confirmation: bool = False
    ) -> TrialLog:
        """Return what a trial printed; default: the best trial, its last attempt.

        With `confirmation` the trial is one of the confirmation's trainings.
        """
        return usecases.trial_log(
            self.look(), number=trial, attempt=attempt, confirmation=confirmation
        )

    def replay(self) -> "Rerun":
        """Make every decision of the search again from its journal; `differences` has those that
        come out otherwise.

        Nothing is trained or written; it takes about as long as all its proposals took.
        """
        return usecases.replay(self.look())

    def what_if(
        self, sampler: str | None = None, pruner: str | None = None, *, set: Keys | None = None
    ) -> WhatIf:
        """Return what another sampler or pruner would have done with the study's trials.

        As far as their curves are known; `set` has options: `{"pruner.min_resource": 2}`. Raises
        UserError with all that is wrong.
        """
        keys = budget_keys(None, None, set)
        return usecases.replay_with(self.look(), sampler=sampler, pruner=pruner, keys=keys)

    # ---- the search ------------------------------------------------------------------------------

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
        """Resume the search, and return this study; see `hpsearch.run`.

        `trials` and `minutes` are totals. Pass `function` if Python code gave the trainable as a
        function and this process has not run it yet.
        """
        source = self._source(function, budget_keys(trials, minutes, set))
        self._run(
            source, choose_display(quiet=quiet),
            local=local, fresh=fresh, register=register, verbose=verbose,
        )  # fmt: skip
        return self

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
        """Resume the search in another thread, and yield each trial when it ends.

        Leaving the loop interrupts the search: running trials save a checkpoint.
        """
        source = self._source(function, budget_keys(trials, minutes, set))
        display = choose_display(quiet=quiet)
        interrupts = Interrupts(display)

        def search(listener: Listener) -> None:
            self._run(
                source, display, local=local, register=register, verbose=verbose,
                interrupts=interrupts, listeners=[listener],
            )  # fmt: skip

        return direct_iteration(usecases.stream(search, interrupts.stop))

    def stop(self) -> None:
        """Stop the search that another thread runs; running trials save a checkpoint.

        Raises UserError if another process runs it.
        """
        stop(self._store)

    def slots(self, slots: int) -> SlotChange:
        """Have the driver that runs the study run at most so many trials at once, until it ends.

        Trials that run are not ended for that. Raises UserError if no driver runs the study.
        """
        return usecases.change_slots(self.look(), slots)

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
        """Search as `run` does, on your own display; return how it ended."""
        interrupts = interrupts or Interrupts(display)
        with stoppable(self._store, interrupts):
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
        interrupts = interrupts or Interrupts(display)
        before, self._function = self._function, source.experiment.function
        search = partial(self.search, source, display, interrupts=interrupts, **options)
        try:
            finish(search, display, interrupts)
        except UserError:  # nothing was started: the study is still that of the function before
            self._function = before
            raise

    def _source(self, function: Function | None, keys: Keys) -> Source:
        if function is not None and not callable(function):
            needed = "a function `train(params, trial)`"
            raise UserError(argument_wrong("function", function, needed))
        view = self.look()
        experiment = change_experiment(view.experiment.calling(function), {}, keys)
        return view.identity.source_of(experiment)

    # ---- what becomes of it ----------------------------------------------------------------------

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
        trial: int | None = None,
    ) -> Confirmation:
        """Train the `top` configurations again, each from `seeds` fresh seeds, and compare them.

        With several objectives these are those of the Pareto front; `trial` confirms that one
        alone.

        Ctrl-C raises KeyboardInterrupt, with everything saved. With a `display` of your own,
        `Confirmation.interrupted` says it instead.
        """
        with display_or_own(display, quiet=quiet) as shown:
            interrupts = Interrupts(shown)
            with stoppable(self._store, interrupts):
                found = usecases.confirm(
                    self.look(), shown, top=top, seeds=seeds, local=local, fresh=fresh,
                    register=register, verbose=verbose, interrupts=interrupts, trial=trial,
                )  # fmt: skip
        if display is None and interrupts.is_signalled:
            raise KeyboardInterrupt
        return found

    def evaluate(self, trial: int | None = None) -> Evaluation:
        """Evaluate a trial's model on the held-out data; default: the best trial."""
        return usecases.evaluate(self.look(), number=trial)

    def export(
        self,
        folder: str | Path | None = None,
        trial: int | None = None,
        formats: Sequence[str] = (),
        *,
        force: bool = False,
    ) -> ExportedModel:
        """Write a trial's model as files, into the study or `folder`; default: the best trial.

        `formats` are `safetensors`, `pt2`, `onnx` and `torchscript`; default: the first two.
        """
        output = path_of("folder", folder)
        return usecases.export(
            self.look(), number=trial, formats=formats, output=output, force=force
        )

    def load_model(self, trial: int | None = None) -> Any:
        """Return a trial's model, a `torch.nn.Module` in eval mode; default: the best trial."""
        return usecases.load_model(self.look(), number=trial)

    def predict(
        self, images: Sequence[str | Path], trial: int | None = None
    ) -> Sequence[Prediction]:
        """Classify images with a trial's model; default: the best trial.

        `images` are PNG or JPEG files and folders of them. Raises UserError with all faults.
        """
        return usecases.predict(self.look(), paths_of("images", images), number=trial)

    def report(self, path: str | Path | None = None, *, force: bool = False) -> WrittenReport:
        """Write the study as one HTML file, into the study or to `path`."""
        output = path_of("path", path)
        return usecases.report(self.look(), output=output, force=force)

    def remove(self, *, keep_runs: bool = False) -> None:
        """Remove the study, and move its runs in MLflow to the trash, without asking."""
        with usecases.removing(self._studies, [self.name], keep_runs=keep_runs) as removals:
            for removal in removals:
                removal.carry_out()

    # ---- how Python shows and keeps it -----------------------------------------------------------

    def __repr__(self) -> str:
        return line_of(self._studies, self.name)

    def _repr_html_(self) -> str | None:
        return html_of(self._studies, self.name)

    def __reduce__(self) -> tuple[Callable[..., "Study"], tuple[str]]:
        if not self._store.is_durable:
            raise TypeError(f"{self!r} cannot be pickled: it ends with this process")
        from hpsearch.study.functions import open_study  # it imports this module

        return open_study, (self.address,)
