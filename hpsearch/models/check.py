"""Loads each file back in a process of its own, by its own runtime, and compares its outputs."""

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hpsearch.common.errors import UserError
from hpsearch.models import faults
from hpsearch.models.model import ServedModel
from hpsearch.models.recipes import Recipe

BATCH_SIZES = (1, 2, 3)
"""Batches for which a file must give the model's outputs before anyone gets it."""

ABSOLUTE, RELATIVE = 1e-5, 1e-4
"""How far an output may be from the model's: so far, and so much of its own size."""

TOLERANCE = f"{ABSOLUTE:g} + {RELATIVE:g} × the value"

EXCHANGE = {
    "torch": ("pt", "torch.load({}, weights_only=True)", "torch.save(outputs.detach(), {})"),
    "numpy": ("npy", "numpy.load({})", "numpy.save({}, outputs)"),
}
"""By library: the suffix of a file with one batch, how it is read, how outputs are written."""


def largest_differences(
    folder: Path, recipes: Mapping[str, Recipe], served: ServedModel
) -> dict[str, float]:
    """Return by file of a folder how far its outputs are from the model's, at most.

    Raises UserError if a file cannot be used as its recipe says, or is further off than
    `TOLERANCE`.
    """
    batches = [torch.cat([served.example, served.example])[:size] for size in BATCH_SIZES]
    expected = [served.outputs(batch).numpy() for batch in batches]
    threads = ThreadPoolExecutor(thread_name_prefix="hpsearch-check")
    with TemporaryDirectory(prefix="hpsearch-export-") as name, threads as pool:
        aside = Path(name)
        for file in recipes:
            (aside / file).symlink_to(folder.absolute() / file)
        for size, batch in zip(BATCH_SIZES, batches, strict=True):
            torch.save(batch, aside / f"inputs-{size}.pt")
            np.save(aside / f"inputs-{size}.npy", batch.numpy())
        found = pool.map(lambda item: _outputs(aside, *item), recipes.items())
        return {
            file: _difference(file, outputs, expected)
            for file, outputs in zip(recipes, found, strict=True)
        }


def script(file: str, recipe: Recipe) -> str:
    """Return a program that runs a file's recipe on the batches of the folder it is started in."""
    suffix, read, write = EXCHANGE[recipe.arrays]
    inputs, outputs = f'f"inputs-{{size}}.{suffix}"', f'f"{file}-{{size}}.{suffix}"'
    return "\n".join(
        [
            recipe.load,
            f"for size in {BATCH_SIZES}:",
            f"    inputs = {read.format(inputs)}",
            f"    {recipe.call}",
            f"    {write.format(outputs)}",
            "import sys",
            f"needless = set({recipe.without!r}) & set(sys.modules)",
            "assert not needless, needless",
        ]
    )


def _outputs(folder: Path, file: str, recipe: Recipe) -> list[NDArray[Any]]:
    command = [sys.executable, "-I", "-c", script(file, recipe)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise UserError(faults.export_unusable(file, "\n".join(done.stderr.splitlines()[-8:])))
    if recipe.arrays == "numpy":
        return [np.load(folder / f"{file}-{size}.npy") for size in BATCH_SIZES]
    outputs = [torch.load(folder / f"{file}-{size}.pt", weights_only=True) for size in BATCH_SIZES]
    return [one.numpy() for one in outputs]


def _difference(file: str, found: list[NDArray[Any]], expected: list[NDArray[Any]]) -> float:
    largest = 0.0
    for outputs, right in zip(found, expected, strict=True):
        if outputs.shape != right.shape:
            why = f"for a batch of {right.shape} it returns {outputs.shape}."
            raise UserError(faults.export_differs(file, why))
        distance = np.abs(outputs - right)
        largest = max(largest, float(distance.max()))
        if not np.all(distance <= ABSOLUTE + RELATIVE * np.abs(right)):
            why = f"they differ by up to {largest:.3g}; allowed is {TOLERANCE}."
            raise UserError(faults.export_differs(file, why))
    return largest
