#!/usr/bin/env bash
#SBATCH --job-name=hpsearch
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --gpus-per-node=4
#SBATCH --time=08:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@180
#
# One search over all nodes of a SLURM job: sbatch slurm.sh experiment.yaml
#
# Three minutes before its time is up, running trials save a checkpoint and the job is queued again,
# as SLURM itself does after a preemption (--requeue). The same command then resumes the search.
# HPSEARCH_STUDIES must be a bucket, or a folder that all nodes may be the first node of.
set -euo pipefail

experiment=${1:?usage: sbatch slurm.sh experiment.yaml}
temporary=$(mktemp -d "/tmp/ray-$SLURM_JOB_ID-XXXX") # /tmp/ray may be another person's
cpus=${SLURM_CPUS_PER_TASK:-1}

# Nobody else on the network may run code in this cluster: each job has a token of its own.
export RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(python -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_TOKEN

# The head is on this node, at a port that other jobs of the node do not take.
ray start --head --block --port=$((20000 + SLURM_JOB_ID % 20000)) --temp-dir="$temporary" \
    --num-cpus="$cpus" --include-dashboard=false --disable-usage-stats >"$temporary/head.log" 2>&1 &
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$temporary"' EXIT
until [[ -s $temporary/ray_current_cluster ]]; do # Ray writes its address there
    kill -0 $! || { cat "$temporary/head.log" >&2; exit 1; }
    sleep 1
done
address=$(<"$temporary/ray_current_cluster")

# The other nodes join when they can; the search does not wait for all of them.
others=$((SLURM_JOB_NUM_NODES - 1))
if ((others > 0)); then
    srun --relative=1 --nodes="$others" --ntasks="$others" --cpus-per-task="$cpus" \
        ray start --address="$address" --block --num-cpus="$cpus" --disable-usage-stats &
fi

hpsearch run "$experiment" --set resources.ray_address="$address" &
driver=$!
is_over=
trap 'trap "" USR1; is_over=yes; kill -TERM "$driver"' USR1
code=0
wait "$driver" || code=$?
if [[ $is_over ]]; then # the signal ended the wait, not the search
    code=0
    wait "$driver" || code=$?
fi
if [[ $is_over && $code -eq 130 ]]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
