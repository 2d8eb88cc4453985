"""The best configurations, trained again from fresh seeds.

confirm.py     the use case; procedure.py: from its first training to its result.py
contenders.py  what is compared
trainings.py   the trainings, a study of their own
"""

from hpsearch.usecases.confirmation.confirm import confirm
from hpsearch.usecases.confirmation.result import Confirmation

__all__ = ["Confirmation", "confirm"]
