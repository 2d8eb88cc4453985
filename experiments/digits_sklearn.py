"""Any function can be searched: here scikit-learn's digits, by an SVM or a random forest."""

from dataclasses import dataclass
from typing import Literal

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score
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
    """Report the mean accuracy over the first 1, 2, … 5 folds of a cross-validation."""
    images, labels = load_digits(return_X_y=True)
    model = SVC(C=params.c, gamma=params.gamma)
    if params.model == "forest":
        model = RandomForestClassifier(
            params.trees, max_depth=params.max_depth, random_state=trial.seed, n_jobs=trial.threads
        )
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(images, labels))
    accuracies: list[float] = []
    for fold in range(1, 6):
        accuracies += [*cross_val_score(model, images, labels, cv=folds[fold - 1 : fold])]
        trial.report(fold, {"accuracy": sum(accuracies) / fold})
