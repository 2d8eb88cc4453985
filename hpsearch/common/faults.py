"""Faults that more than one room raises. A test renders each."""

from hpsearch.common.errors import Fault


def model_untraceable(problem: str) -> Fault:
    return Fault(
        "untraceable-model",
        "torch cannot turn the model into a file that runs without its code.",
        problem,
        "torch.export needs a `forward` of tensors alone, for any number of examples; "
        "`for_serving(model)` beside `train` can return a simpler module.",
    )
