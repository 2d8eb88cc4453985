"""What can be wrong with a model. A test renders each."""

from pathlib import Path

from hpsearch.common.errors import Fault


def not_exportable(reference: str, missing: str) -> Fault:
    return Fault(
        "not-exportable",
        f"the model of `{reference}` cannot be built.",
        missing,
        "have `build_model(params)` beside `train`, and `model.safetensors` in each checkpoint.",
    )


def weights_unreadable(problem: str) -> Fault:
    return Fault(
        "damaged-weights",
        "the weights of the checkpoint cannot be read.",
        f"model.safetensors is damaged: {problem}",
        "take another trial's checkpoint; the trainable must write it whole.",
    )


def weights_unfit(problem: str) -> Fault:
    return Fault(
        "unfit-weights",
        "the weights of the checkpoint do not fit the model that `build_model` builds.",
        problem,
        "build the model as it was when it was trained; `build_model` may use only `params`.",
    )


def export_unusable(file: str, problem: str) -> Fault:
    return Fault(
        "unusable-export",
        f"{file} cannot be used by a program of its own, so nothing is written.",
        problem,
        "leave that format out (`--format` names those that you want), or change the model.",
    )


def export_differs(file: str, problem: str) -> Fault:
    return Fault(
        "export-differs",
        f"{file} gives other outputs than the model, so nothing is written.",
        problem,
        "a `forward` must treat each example by itself, for any number of them, and draw no "
        "random number; or leave that format out.",
    )


def model_unreadable(path: Path, problem: str) -> Fault:
    return Fault(
        "unreadable-model",
        f"{str(path)!r} cannot be read as a model.",
        problem,
        "check that it is a whole .pt2, .onnx or .torchscript file; `hpsearch export` writes one.",
    )


def model_altered(path: Path, manifest: str) -> Fault:
    return Fault(
        "altered-model",
        f"{str(path)!r} is not the file that was exported.",
        f"its SHA-256 is not the one in the {manifest} beside it; perhaps it is cut short.",
        "copy it again, or export it anew.",
    )


def model_refused(path: Path, problem: str) -> Fault:
    return Fault(
        "refused-model",
        f"{str(path)!r} is not loaded: that could run what somebody put into it.",
        problem,
        "take a file that `hpsearch export` writes; it needs no pickle.",
    )


def weights_alone(path: Path) -> Fault:
    return Fault(
        "weights-alone",
        f"{str(path)!r} holds weights, and no model to put them into.",
        "only the trainable can build that, and hpsearch runs code from the experiment alone.",
        "name the study, or an export as .pt2, .onnx or .torchscript.",
    )


def picture_unreadable(name: str, problem: str) -> Fault:
    return Fault(
        "unreadable-picture",
        f"{name!r} cannot be read as a picture.",
        problem or "it ends too soon.",
        "check that it is a whole PNG or JPEG file.",
    )


def extra_missing(what: str, extra: str) -> Fault:
    return Fault(
        "missing-extra",
        f"{what} is not installed.",
        f"it belongs to the extra `{extra}`, which not everybody needs.",
        f"install it: `pip install 'hpsearch[{extra}]'`.",
    )
