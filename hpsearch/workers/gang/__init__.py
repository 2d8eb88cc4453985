"""A gang: several workers that train one trial, its ranks. Pure: Ray is not asked here.

gang.py        what the ranks say, as the one attempt that the engine knows
decisions.py   each rank gets rank 0's decision about its own step
parts.py       the ranks' parts of a checkpoint make one
end.py         how the attempt ended
rendezvous.py  where the ranks meet, in the words of `torch.distributed`
"""

from hpsearch.workers.gang.gang import Gang
from hpsearch.workers.gang.rendezvous import Rendezvous

__all__ = ["Gang", "Rendezvous"]
