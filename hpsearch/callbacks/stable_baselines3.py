"""Stable-Baselines3: evaluates the policy every so many time steps and reports `mean_reward`.

A resumed trial continues at its time step and has policy, optimizer, replay buffer and the
statistics of `VecNormalize`; its value is not that of an unbroken one: Stable-Baselines3 saves
neither the state of the environments, whose episodes begin anew, nor that of its random numbers.
"""

from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import (
    DummyVecEnv,
    VecEnv,
    VecNormalize,
    sync_envs_normalization,
)

from hpsearch.callbacks import resume
from hpsearch.common.proposal import trial_seed
from hpsearch.trainable.contract import Trial

MODEL, REPLAY, STATISTICS = "model.zip", "replay_buffer.pkl", "normalize.pkl"


def settings(trial: Trial) -> dict[str, Any]:
    """Return seed and device for `PPO(…)` and the other algorithms."""
    return {"seed": trial.seed, "device": trial.device}


class Report(BaseCallback):
    """Reports evaluations: `model.learn(report.left(total), report, reset_num_timesteps=False)`.

    The model comes from `report.restored(PPO(…))`. It evaluates at the first rollout after every
    `every` time steps, and at the end, on the same `episodes` each time. `env` is an environment of
    its own, wrapped as the one that is learned in. A checkpoint has `model.zip`.
    """

    def __init__(self, trial: Trial, env: Any, *, every: int, episodes: int = 10) -> None:
        super().__init__()
        self._trial = trial
        self._env = env if isinstance(env, VecEnv) else DummyVecEnv([lambda: Monitor(env)])
        self._every = every
        self._episodes = episodes
        self.done = self._reported = resume.done(trial)
        self.checkpoint = resume.saved(trial, MODEL)

    def left(self, time_steps: int) -> int:
        """Return how many time steps of all are still to do."""
        return max(time_steps - self.done, 0)

    def restored(self, model: Any) -> Any:
        """Return a new model as it is, or what an earlier attempt made of it."""
        if self.checkpoint is None:
            return model
        folder = self.checkpoint.parent
        found = type(model).load(self.checkpoint, env=model.get_env(), device=model.device)
        found.set_random_seed(trial_seed(self._trial.seed, self.done))
        if (folder / REPLAY).exists():
            found.load_replay_buffer(folder / REPLAY)
        statistics = found.get_vec_normalize_env()
        if statistics is not None:
            earlier = VecNormalize.load(str(folder / STATISTICS), statistics.venv)
            statistics.obs_rms, statistics.ret_rms = earlier.obs_rms, earlier.ret_rms
        return found

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        """Report here: the policy has learned from all that was collected."""
        if self.num_timesteps // self._every > self._reported // self._every:
            self._report()

    def _on_training_end(self) -> None:
        if self.num_timesteps > self._reported:
            self._report()

    def _report(self) -> None:
        if self.model.get_vec_normalize_env() is not None:
            sync_envs_normalization(self.training_env, self._env)
        self._env.seed(self._trial.seed)
        reward, _ = evaluate_policy(self.model, self._env, self._episodes)
        self._reported = self.num_timesteps
        self._trial.report(self.num_timesteps, {"mean_reward": reward}, self._save)

    def _save(self, folder: Path) -> None:
        self.model.save(folder / MODEL)
        if getattr(self.model, "replay_buffer", None) is not None:
            self.model.save_replay_buffer(folder / REPLAY)
        statistics = self.model.get_vec_normalize_env()
        if statistics is not None:
            statistics.save(str(folder / STATISTICS))
