"""What can be wrong with MLflow. A test renders each."""

from hpsearch.common.errors import Fault

LOGIN = (
    "A server with users reads MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
    "MLFLOW_TRACKING_TOKEN."
)


def tracking_unreachable(uri: str, problem: str) -> Fault:
    check = f"check `tracking.uri` and MLFLOW_TRACKING_URI, and that the server runs. {LOGIN}"
    room = "make room on that disk, or name another place as `tracking.uri`."
    return Fault(
        "no-tracking",
        f"MLflow cannot record at {uri}.",
        problem,
        room if "disk is full" in problem else check,
    )


def tracking_experiment_deleted(name: str) -> Fault:
    return Fault(
        "deleted-experiment",
        f"the MLflow experiment `{name}` is in MLflow's trash.",
        "nothing can be recorded in it there.",
        "restore it (`mlflow experiments restore`), or name another as `tracking.experiment`.",
    )


def mlflow_model_missing(uri: str, store: str, problem: str) -> Fault:
    return Fault(
        "no-model",
        f"MLflow gives no model `{uri}`.",
        f"{store} was asked: {problem}",
        f"check the name, and which store MLFLOW_TRACKING_URI names. {LOGIN}",
    )


def recorder_missing(name: str) -> Fault:
    return Fault(
        "no-recorder",
        f"`tracking.also` names {name}, which is not installed.",
        "hpsearch installs it only if it is asked for.",
        f"run `pip install 'hpsearch[{name}]'`, or remove it from `tracking.also`.",
    )


def recorder_unusable(name: str, problem: str) -> Fault:
    return Fault(
        "unusable-recorder",
        f"`tracking.also`: {name} cannot be used.",
        problem,
        "correct its installation or its settings, or remove it from `tracking.also`.",
    )


def wandb_without_key() -> Fault:
    return Fault(
        "no-wandb-key",
        "Weights & Biases cannot be written.",
        "this machine has no API key for it.",
        "run `wandb login`, or set WANDB_MODE=offline and upload later with `wandb sync`.",
    )
