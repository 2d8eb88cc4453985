"""A trial without an engine, for tests of what the experiments report and save."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import safetensors.torch
from torch import Tensor


@dataclass
class StubTrial:
    """A trial that keeps every checkpoint and never stops; `root` is its folder."""

    root: Path
    checkpoint: Path | None = None
    seed: int = 7
    number: int = 0
    device: str = "cpu"
    threads: int = 1
    rank: int = 0
    world_size: int = 1
    study: str = "stub"
    start_step: int = 0
    output: str = ""
    mlflow_run_id: str | None = None
    reports: dict[int, dict[str, float]] = field(default_factory=dict)
    logs: dict[int, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.artifacts.mkdir(parents=True)

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    def saved(self, step: int) -> Path:
        return self.root / f"checkpoint-{step}"

    def report(
        self,
        step: int,
        metrics: Mapping[str, float],
        checkpoint: Callable[[Path], None] | None = None,
    ) -> None:
        self.reports[step] = dict(metrics)
        assert checkpoint is not None
        self.saved(step).mkdir()
        checkpoint(self.saved(step))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self.logs[step] = dict(metrics)

    @property
    def repeatable(self) -> dict[int, dict[str, float]]:
        """The reports less their speed, which no two runs share."""
        return {
            step: {name: value for name, value in metrics.items() if name != "steps_per_second"}
            for step, metrics in self.reports.items()
        }

    def weights(self, step: int) -> dict[str, Tensor]:
        return safetensors.torch.load_file(self.saved(step) / "model.safetensors")
