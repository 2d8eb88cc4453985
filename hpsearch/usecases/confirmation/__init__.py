"""The best configurations, trained again from fresh seeds.

confirm.py     the use case
contenders.py  what is compared
trainings.py   the trainings, a study of their own
"""

from hpsearch.usecases.confirmation.confirm import Confirmation, confirm

__all__ = ["Confirmation", "confirm"]
