"""What no forecast can be made of."""

from hpsearch.common.errors import Fault
from hpsearch.common.text import count


def too_few_probes(name: str, ended: int, begun: int) -> Fault:
    return Fault(
        "too-few-probes",
        f"only {ended} of {count(begun, 'probe trial')} of `{name}` trained to the end.",
        "at least 2 are needed to say how much trials differ.",
        "pass more `--minutes` or a larger `--probe`; if trials failed, `hpsearch run --local` "
        "shows why.",
    )


def too_few_trials(name: str, ended: int) -> Fault:
    return Fault(
        "too-few-trials",
        f"the study `{name}` has {count(ended, 'trial')} that ended and took time.",
        "at least 2 are needed to say how much trials differ.",
        "name another study, or run probe trials: leave out `--from`.",
    )
