"""The tutorial's CNN: its numbers, what it reports, and that a stop and a resume change nothing."""

import ast
import csv
import dataclasses
import itertools
import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cnn
import pytest
import torch
from cnn import (
    CnnParams,
    build_model,
    evaluate,
    example_input,
    for_serving,
    predict,
    train,
    train_final,
)
from cnn_evaluation import HOOK_FILE, LoggingHook, measure
from cnn_training import (
    IMAGES_PER_DRAW,
    STATE_FILE,
    Training,
    build_augmentation,
    shuffled_batches,
)
from hypothesis import given
from hypothesis import strategies as st
from mnist import Digits, load_test, load_training
from torch import Tensor, nn

from tests.experiments.stub_trial import StubTrial

TINY = CnnParams(
    filters_1=2,
    filters_2=4,
    dense_units=16,
    batch_size=20,
    learning_rate=0.05,
    steps=150,
    report_every_steps=60,
)
MOMENTUM = dataclasses.replace(TINY, momentum=0.9, weight_decay=1e-4)
AUGMENTED = dataclasses.replace(
    TINY,
    optimizer="adamw",
    schedule="one_cycle",
    weight_decay=0.01,
    max_shift_pixels=2,
    max_rotation_degrees=10.0,
    label_smoothing=0.1,
)


@pytest.fixture
def trial(tmp_path: Path) -> StubTrial:
    return StubTrial(tmp_path / "trial")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> StubTrial:
    """A trial that ran `TINY` to its end."""
    trial = StubTrial(tmp_path_factory.mktemp("finished") / "trial")
    train(TINY, trial)
    return trial


@pytest.fixture(scope="module")
def model() -> nn.Module:
    torch.manual_seed(0)
    return build_model(CnnParams()).eval()


def assert_same_weights(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


# The tutorial's network


def test_the_defaults_are_the_tutorials_run() -> None:
    assert CnnParams() == CnnParams(
        filters_1=32,
        filters_2=64,
        kernel_size=5,
        dense_units=1024,
        dropout=0.4,
        learning_rate=0.001,
        batch_size=100,
        optimizer="sgd",
        momentum=0.0,
        weight_decay=0.0,
        schedule="constant",
        max_shift_pixels=0,
        max_rotation_degrees=0.0,
        label_smoothing=0.0,
        steps=20_000,
    )


def test_the_layers_hold_the_tutorials_parameters(model: nn.Module) -> None:
    counts = {
        name: sum(parameter.numel() for parameter in layer.parameters())
        for name, layer in model.named_children()
    }
    assert {name: count for name, count in counts.items() if count} == {
        "conv_1": 832,
        "conv_2": 51_264,
        "dense": 3_212_288,
        "logits": 10_250,
    }


def test_the_layers_shape_images_as_the_tutorials(model: nn.Module) -> None:
    values, shapes = example_input(), {}
    for name, layer in model.named_children():
        values = layer(values)
        shapes[name] = tuple(values.shape)
    assert shapes["conv_1"] == (2, 32, 28, 28)
    assert shapes["pool_1"] == shapes["relu_1"] == (2, 32, 14, 14)
    assert shapes["conv_2"] == (2, 64, 14, 14)
    assert shapes["pool_2"] == shapes["relu_2"] == (2, 64, 7, 7)
    assert shapes["flatten"] == (2, 3136)
    assert shapes["dense"] == shapes["relu_3"] == shapes["dropout"] == (2, 1024)
    assert shapes["logits"] == (2, 10)


def test_dropout_drops_the_tutorials_share_in_training_only(model: nn.Module) -> None:
    dropout = model.get_submodule("dropout")
    ones = torch.ones(100_000)
    assert torch.equal(dropout(ones), ones)
    dropped = dropout.train()(ones).eq(0).float().mean().item()
    dropout.eval()
    assert dropped == pytest.approx(0.4, abs=0.01)


def test_pooling_before_relu_is_the_tutorials_order_to_the_bit() -> None:
    values = torch.randn(4, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    pool, relu = nn.MaxPool2d(2), nn.ReLU()
    results = []
    for order in (nn.Sequential(pool, relu), nn.Sequential(relu, pool)):
        leaf = values.clone().requires_grad_()
        output = order(leaf)
        output.square().sum().backward()
        results.append((output, leaf.grad))
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))


def test_weights_begin_glorot_uniform_and_biases_at_zero(model: nn.Module) -> None:
    fans = {"conv_1": 25 * 33, "conv_2": 25 * 96, "dense": 3136 + 1024, "logits": 1034}
    for name, fan_in_and_out in fans.items():
        layer = model.get_submodule(name)
        weight, bound = layer.get_parameter("weight"), (6 / fan_in_and_out) ** 0.5
        assert 0.95 * bound < weight.abs().max().item() <= bound
        assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.1)
        assert not layer.get_parameter("bias").any()


@pytest.mark.parametrize("kernel_size", [1, 3, 7])
def test_any_odd_kernel_keeps_the_images_size(kernel_size: int) -> None:
    model = build_model(dataclasses.replace(TINY, kernel_size=kernel_size))
    assert model(example_input()).shape == (2, 10)


def test_predictions_are_classes_and_probabilities(model: nn.Module) -> None:
    predictions = predict(model, example_input())
    assert predictions["probabilities"].shape == (2, 10)
    assert torch.allclose(predictions["probabilities"].sum(dim=1), torch.ones(2))
    assert torch.equal(predictions["classes"], predictions["probabilities"].argmax(dim=1))


# The hyperparameters


def test_params_can_be_read_from_the_source_alone() -> None:
    module = ast.parse(Path(cnn.__file__).read_text())
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    lines = [line for line in classes["CnnParams"].body if isinstance(line, ast.AnnAssign)]
    written = {
        ast.unparse(line.target): ast.literal_eval(line.value) for line in lines if line.value
    }
    assert written == dataclasses.asdict(CnnParams())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filters_1", 0),
        ("filters_2", 0),
        ("kernel_size", 4),
        ("kernel_size", -1),
        ("dense_units", 0),
        ("dropout", 1.0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("batch_size", 0),
        ("batch_size", 55_001),
        ("momentum", 1.0),
        ("weight_decay", -0.1),
        ("max_shift_pixels", 28),
        ("max_rotation_degrees", -1.0),
        ("label_smoothing", 1.0),
        ("steps", 0),
        ("report_every_steps", 0),
    ],
)
def test_values_that_mean_no_run_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .*, not {value}$"):
        dataclasses.replace(TINY, **{name: value})


def test_every_refused_value_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"kernel_size must be odd.*; dropout must be"):
        CnnParams(kernel_size=2, dropout=2.0)


# Training


@pytest.mark.parametrize(
    "params",
    [
        dataclasses.replace(TINY, optimizer="sgd", schedule="one_cycle", learning_rate=0.2),
        dataclasses.replace(TINY, optimizer="adam", schedule="constant", learning_rate=0.01),
        dataclasses.replace(TINY, optimizer="adamw", schedule="one_cycle", learning_rate=0.01),
    ],
    ids=lambda params: f"{params.optimizer} {params.schedule}",
)
def test_every_optimizer_and_schedule_learns(trial: StubTrial, params: CnnParams) -> None:
    train(dataclasses.replace(params, dropout=0.0), trial)
    assert trial.reports[150]["val_accuracy"] > 0.6
    assert trial.reports[150]["val_loss"] < trial.reports[60]["val_loss"]


def test_it_reports_at_every_interval_and_at_the_last_step(finished: StubTrial) -> None:
    assert list(finished.reports) == [60, 120, 150]
    for metrics in finished.reports.values():
        assert metrics.keys() == {"val_accuracy", "val_loss", "train_loss", "steps_per_second"}


def test_the_reported_loss_is_the_mean_since_the_last_report(trial: StubTrial) -> None:
    every_step = dataclasses.replace(TINY, steps=6, report_every_steps=1)
    train(every_step, trial)
    in_threes = StubTrial(trial.root / "in threes")
    train(dataclasses.replace(every_step, report_every_steps=3), in_threes)
    losses = [trial.reports[step]["train_loss"] for step in range(1, 7)]
    assert in_threes.reports[3]["train_loss"] == pytest.approx(sum(losses[:3]) / 3)
    assert in_threes.reports[6]["train_loss"] == pytest.approx(sum(losses[3:]) / 3)


def test_the_seed_alone_decides_the_run(trial: StubTrial) -> None:
    again, other = StubTrial(trial.root / "again"), StubTrial(trial.root / "other", seed=8)
    for one in (trial, again, other):
        train(dataclasses.replace(AUGMENTED, steps=60), one)
    assert trial.repeatable == again.repeatable != other.repeatable


def test_training_never_sees_the_test_set(
    trial: StubTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cnn, "load_test", lambda _: pytest.fail("the test set was loaded"))
    train(dataclasses.replace(TINY, steps=1), trial)


def test_the_final_training_sees_all_but_the_test_set_and_says_nothing_of_quality(
    trial: StubTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cnn, "load_test", lambda _: pytest.fail("the test set was loaded"))
    seen: list[Tensor] = []

    class Watched(Training):
        def advance(self, digits: Digits) -> dict[str, float]:
            seen.append(digits.labels)
            return super().advance(digits)

    monkeypatch.setattr(cnn, "Training", Watched)
    train_final(dataclasses.replace(TINY, steps=2, report_every_steps=1), trial)
    digits, validation = load_training("cpu")
    assert torch.equal(seen[0], torch.cat([digits.labels, validation.labels]))
    assert len(seen[0]) == 60_000
    assert [metrics["progress"] for metrics in trial.reports.values()] == [0.5, 1.0]
    assert not [name for metrics in trial.reports.values() for name in metrics if "val" in name]


def test_a_stop_ends_the_training_at_once(trial: StubTrial) -> None:
    class StopError(Exception):
        pass

    class Stopping(StubTrial):
        def report(self, step: int, *_: object, **__: object) -> None:
            raise StopError(step)

    with pytest.raises(StopError, match="60"):
        train(TINY, Stopping(trial.root / "stopping"))


# Checkpoints


class Malice:
    """Unpickled, it makes a file."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self._mark,)


def test_a_malicious_pickle_in_a_checkpoint_is_refused_and_not_executed(
    finished: StubTrial, tmp_path: Path
) -> None:
    shutil.copytree(finished.saved(150), evil := tmp_path / "evil")
    torch.save({"step": Malice(mark := tmp_path / "executed")}, evil / STATE_FILE)
    with pytest.raises(pickle.UnpicklingError, match="weights_only"):
        train(TINY, StubTrial(tmp_path / "resumed", checkpoint=evil))
    assert not mark.exists()


@pytest.mark.parametrize("params", [MOMENTUM, AUGMENTED], ids=["sgd", "adamw one_cycle augmented"])
@pytest.mark.parametrize("step", [60, 120])
def test_resume_from_a_checkpoint_repeats_the_run_bit_for_bit(
    trial: StubTrial, params: CnnParams, step: int
) -> None:
    train(params, trial)
    torch.manual_seed(123)  # whatever the process did between
    resumed = StubTrial(trial.root / "resumed", checkpoint=trial.saved(step))
    train(params, resumed)
    expected = {at: metrics for at, metrics in trial.repeatable.items() if at > step}
    assert resumed.repeatable == expected
    assert resumed.logs == {at: metrics for at, metrics in trial.logs.items() if at > step}
    assert_same_weights(resumed.weights(150), trial.weights(150))
    table = (trial.artifacts / HOOK_FILE).read_text()
    assert (resumed.artifacts / HOOK_FILE).read_text() == table


def test_a_checkpoint_holds_the_weights_of_its_step(finished: StubTrial) -> None:
    model = build_model(TINY)
    for step, metrics in finished.reports.items():
        model.load_state_dict(finished.weights(step))
        quality = measure(model, load_training("cpu")[1])
        assert quality["accuracy"] == metrics["val_accuracy"]
        assert quality["loss"] == pytest.approx(metrics["val_loss"], rel=1e-5)


def test_a_checkpoint_of_the_last_step_has_nothing_left_to_do(
    finished: StubTrial, tmp_path: Path
) -> None:
    resumed = StubTrial(tmp_path / "resumed", checkpoint=finished.saved(150))
    train(TINY, resumed)
    assert resumed.reports == {}


# The logging hook


def test_the_hook_logs_probabilities_every_50_steps_and_the_loss_every_100(
    finished: StubTrial,
) -> None:
    probabilities = [f"probability_{digit}" for digit in range(10)]
    assert {step: list(metrics) for step, metrics in finished.logs.items()} == {
        50: probabilities,
        100: [*probabilities, "batch_loss"],
        150: probabilities,
    }
    for metrics in finished.logs.values():
        assert sum(metrics[name] for name in probabilities) == pytest.approx(1)


def test_the_hook_keeps_a_table_among_the_artifacts(finished: StubTrial) -> None:
    with (finished.artifacts / HOOK_FILE).open() as file:
        rows = list(csv.DictReader(file))
    table = {
        int(row.pop("step")): {name: float(cell) for name, cell in row.items() if cell}
        for row in rows
    }
    assert table == finished.logs


def test_the_hook_does_not_disturb_the_training(
    finished: StubTrial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoggingHook, "after_step", lambda *_: None)
    silent = StubTrial(tmp_path / "silent")
    train(TINY, silent)
    assert silent.logs == {}
    assert silent.repeatable == finished.repeatable


# Batches and augmentation


def numbered(count: int) -> Digits:
    return Digits(torch.arange(count, dtype=torch.float32), torch.arange(count))


def labels_of(
    count: int, batch_size: int, *, seed: int, first: int, batches: int
) -> list[list[int]]:
    found = shuffled_batches(numbered(count), batch_size, seed=seed, first_step=first)
    return [labels.tolist() for _, labels in itertools.islice(found, batches)]


@given(
    count=st.integers(1, 40),
    batch_size=st.integers(1, 40),
    seed=st.integers(0, 2**32),
    first=st.integers(0, 90),
)
def test_the_order_of_images_follows_from_seed_and_step_alone(
    count: int, batch_size: int, seed: int, first: int
) -> None:
    size = min(batch_size, count)
    whole = labels_of(count, size, seed=seed, first=0, batches=first + 10)
    assert labels_of(count, size, seed=seed, first=first, batches=10) == whole[first:]


def test_an_epoch_shows_each_image_once_in_an_order_of_its_own() -> None:
    batches = labels_of(103, 10, seed=3, first=0, batches=20)
    epochs = [list(itertools.chain(*batches[:10])), list(itertools.chain(*batches[10:]))]
    assert all(len(set(epoch)) == 100 for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_a_batch_pairs_images_with_their_own_labels() -> None:
    images, labels = next(shuffled_batches(numbered(50), 20, seed=1, first_step=0))
    assert images.tolist() == labels.tolist()


def test_no_augmentation_leaves_the_images_alone() -> None:
    images = example_input()
    assert build_augmentation(CnnParams())(images) is images


def test_shifts_move_each_group_of_images_no_further_than_allowed() -> None:
    dots = torch.zeros(200, 1, 28, 28)
    dots[:, :, 14, 14] = 1
    torch.manual_seed(0)
    moved = build_augmentation(CnnParams(max_shift_pixels=2))(dots)
    places = [divmod(place, 28) for place in moved.flatten(1).argmax(dim=1).tolist()]
    assert max(abs(place - 14) for place in itertools.chain(*places)) == 2
    groups = [places[first:][:IMAGES_PER_DRAW] for first in range(0, 200, IMAGES_PER_DRAW)]
    assert all(len(set(group)) == 1 for group in groups)
    assert len(set(places)) > 5


def test_rotations_turn_the_image_about_its_middle() -> None:
    bars = torch.zeros(200, 1, 28, 28)
    bars[:, :, 4:24, 13:15] = 1
    torch.manual_seed(0)
    turned = build_augmentation(CnnParams(max_rotation_degrees=20.0))(bars)
    assert turned.shape == bars.shape
    assert turned[:, 0, 13:15, 13:15].min() > 0.8
    ends = turned[:, 0, 4].argmax(dim=1)
    assert ends.min() < 13
    assert ends.max() > 14


# What hpsearch finds by name


def test_evaluate_measures_the_test_set() -> None:
    model = build_model(TINY)
    nn.init.zeros_(model.get_submodule("logits").get_parameter("weight"))
    quality = evaluate(model, TINY, "cpu")
    zeros = load_test("cpu").labels.eq(0).float().mean().item()
    assert quality.pop("examples") == 10_000
    confusion = quality.pop("confusion_matrix")  # every image is taken for a zero
    torch.testing.assert_close(confusion[:, 0], load_test("cpu").labels.bincount())
    assert confusion.sum() == 10_000
    assert quality == {"accuracy": pytest.approx(zeros), "loss": pytest.approx(2.302585)}


def test_what_is_served_gives_probabilities() -> None:
    model = build_model(TINY).eval()
    served = for_serving(model)(example_input())
    torch.testing.assert_close(served, predict(model, example_input())["probabilities"])
