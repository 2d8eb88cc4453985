"""Any function can be searched: here scikit-learn's digits, by an SVM or a random forest."""

from dataclasses import dataclass
from typing import Literal

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from hpsearch import Trial


@dataclass(frozen=True)
class DigitsParams:
    """A model, and the hyperparameters of either kind."""

    model: Literal["svm", "forest"]
    c: float = 1.0  # svm: inverse strength of regularisation
    gamma: float = 0.001  # svm: inverse width of the kernel
    trees: int = 100  # forest
    max_depth: int = 10  # forest: levels


def train(params: DigitsParams, trial: Trial) -> None:
    """Report the accuracy on the same 600 images after training on 300, 600, 900 and 1,197."""
    digits = load_digits(return_X_y=True)
    images, held_out, labels, truth = train_test_split(*digits, test_size=600, random_state=0)
    for size in (300, 600, 900, len(images)):
        model = SVC(C=params.c, gamma=params.gamma)
        if params.model == "forest":
            model = RandomForestClassifier(
                params.trees, max_depth=params.max_depth, random_state=trial.seed
            )
        model.fit(images[:size], labels[:size])
        trial.report(size, {"accuracy": model.score(held_out, truth)})
