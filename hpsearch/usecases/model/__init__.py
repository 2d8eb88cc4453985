"""What can be done with the model of a trial.

source.py      out of its checkpoint: what builds it, and its trainable; read it first
classifier.py  a model that classifies images: of a study, of a file, of MLflow
evaluate.py, export.py, load.py, predict.py, register.py   a use case each
"""

from hpsearch.usecases.model.evaluate import PREFIX, Evaluation, evaluate, evaluate_once
from hpsearch.usecases.model.export import ExportedModel, export
from hpsearch.usecases.model.load import load_model
from hpsearch.usecases.model.predict import Prediction, predict, predict_with
from hpsearch.usecases.model.register import publish
from hpsearch.usecases.model.source import find_trainable, trainable_of

__all__ = [
    "PREFIX",
    "Evaluation",
    "ExportedModel",
    "Prediction",
    "evaluate",
    "evaluate_once",
    "export",
    "find_trainable",
    "load_model",
    "predict",
    "predict_with",
    "publish",
    "trainable_of",
]
