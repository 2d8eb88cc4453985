"""What cannot be replayed."""

from hpsearch.common.errors import Fault


def population_not_replayed(name: str) -> Fault:
    return Fault(
        "population-not-replayed",
        f"{name!r} cannot be replayed with the pbt sampler.",
        "what a copy would have reported follows from the model that it starts from: nobody knows.",
        "run the experiment; `hpsearch show` has what pbt decided and why.",
    )


def nothing_to_replay(name: str) -> Fault:
    return Fault(
        "nothing-to-replay",
        f"no trial of the study `{name}` reported its objective.",
        "what another strategy would have done follows from the curves of its trials.",
        "run the search first, with a trainable that reports while it trains.",
    )
