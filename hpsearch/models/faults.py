"""What can be wrong with a model. A test renders each."""

from pathlib import Path

from hpsearch.common.errors import Fault


def not_exportable(reference: str, missing: str) -> Fault:
    return Fault(
        "not-exportable",
        f"the model of `{reference}` cannot be built.",
        missing,
        "define `build_model(params)` beside `train`; save `model.safetensors` in each checkpoint.",
    )


def weights_unreadable(problem: str) -> Fault:
    return Fault(
        "damaged-weights",
        "the weights of the checkpoint cannot be read.",
        f"model.safetensors is damaged: {problem}",
        "use another trial's checkpoint; check that the trainable writes the whole file.",
    )


def weights_unfit(problem: str) -> Fault:
    return Fault(
        "unfit-weights",
        "the weights of the checkpoint do not fit the model that `build_model` builds.",
        problem,
        "restore `build_model` to what it was when the trial ran; it may use only `params`.",
    )


def export_unusable(file: str, problem: str) -> Fault:
    return Fault(
        "unusable-export",
        f"{file} cannot be used by a separate program, so nothing is written.",
        problem,
        "leave this format out (name the ones that you want with `--format`), or change the model.",
    )


def export_differs(file: str, problem: str) -> Fault:
    return Fault(
        "export-differs",
        f"the outputs of {file} differ from the model's, so nothing is written.",
        problem,
        "make `forward` treat each example by itself, for a batch of any size, and draw no "
        "random numbers; or leave this format out.",
    )


def model_unreadable(path: Path, problem: str) -> Fault:
    return Fault(
        "unreadable-model",
        f"{str(path)!r} cannot be read as a model.",
        problem,
        "check that it is a complete .pt2, .onnx or .torchscript file of `hpsearch export`.",
    )


def model_altered(path: Path, manifest: str) -> Fault:
    return Fault(
        "altered-model",
        f"{str(path)!r} is not the file that was exported.",
        f"its SHA-256 is not the one in the {manifest} beside it; it may be incomplete.",
        "copy it again, or export it again.",
    )


def model_refused(path: Path, problem: str) -> Fault:
    return Fault(
        "refused-model",
        f"{str(path)!r} is not loaded: it could run code on this machine.",
        problem,
        "use a file that `hpsearch export` writes; it needs no pickle.",
    )


def weights_alone(path: Path) -> Fault:
    return Fault(
        "weights-alone",
        f"{str(path)!r} holds only weights, without a model.",
        "only the trainable can build the model, and hpsearch runs no code but the experiment's.",
        "name the study, or an export as .pt2, .onnx or .torchscript.",
    )


def picture_unreadable(name: str, problem: str) -> Fault:
    return Fault(
        "unreadable-picture",
        f"{name!r} cannot be read as a picture.",
        problem or "it is incomplete.",
        "check that it is a complete PNG or JPEG file.",
    )


def extra_missing(what: str, extra: str) -> Fault:
    return Fault(
        "missing-extra",
        f"{what} is not installed.",
        f"it belongs to the extra `{extra}`, which is not installed by default.",
        f"install it: `pip install 'hpsearch[{extra}]'`.",
    )
