"""A pole on a cart, balanced by PPO, with `hpsearch.callbacks.stable_baselines3`."""

from dataclasses import dataclass

import gymnasium
from stable_baselines3 import PPO

from hpsearch import Trial
from hpsearch.callbacks.stable_baselines3 import Report, settings


@dataclass(frozen=True)
class Params:
    """Hyperparameters of the algorithm."""

    learning_rate: float
    discount: float
    time_steps: int = 1024


def train(params: Params, trial: Trial) -> None:
    """Report the mean reward of five episodes after every 256 time steps."""
    report = Report(trial, gymnasium.make("CartPole-v1"), every=256, episodes=5)
    model = report.restored(
        PPO(
            "MlpPolicy",
            gymnasium.make("CartPole-v1"),
            learning_rate=params.learning_rate,
            gamma=params.discount,
            n_steps=256,
            **settings(trial),
        )
    )
    model.learn(report.left(params.time_steps), report, reset_num_timesteps=False)
