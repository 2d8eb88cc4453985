#!/usr/bin/env bash
# A search as a Ray job: ray-job.sh experiment.yaml, in the experiment's folder.
#
# The same line again resumes it, also on another cluster: the study is in a bucket.
# RAY_API_SERVER_ADDRESS is that of the cluster's dashboard, RAY_AUTH_TOKEN the cluster's token.
set -euo pipefail

experiment=${1:?usage: ray-job.sh experiment.yaml}
: "${RAY_API_SERVER_ADDRESS:?http://HEAD:8265}"
: "${HPSEARCH_STUDIES:?s3://BUCKET/PATH}" "${MLFLOW_TRACKING_URI:?of the MLflow server}"
export RAY_AUTH_MODE=${RAY_AUTH_MODE:-token}
export RAY_JOB_STOP_WAIT_TIME_S=300 # for `ray job stop`: trials save their checkpoints meanwhile

variables=$(python -c 'import json, os, sys
print(json.dumps({"env_vars": {name: os.environ[name] for name in sys.argv[1:]}}))' \
    HPSEARCH_STUDIES MLFLOW_TRACKING_URI RAY_JOB_STOP_WAIT_TIME_S)
exec ray job submit --address "$RAY_API_SERVER_ADDRESS" --working-dir . \
    --runtime-env-json "$variables" -- \
    hpsearch run "$experiment" --set resources.ray_address=auto
