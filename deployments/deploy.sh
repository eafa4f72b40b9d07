#!/usr/bin/env bash
# On the server of PREFECT_API_URL: pools where there are none, deployments, automation. Repeatable.
# Runs the prefect on PATH.
#   GPUS=2 deployments/deploy.sh      two runs at a time in the pool gpu; default 1
set -euo pipefail
cd "$(dirname "$0")/.."
for pool in flywheel gpu; do
  echo "work pool $pool"
  prefect work-pool inspect "$pool" >/dev/null 2>&1 ||
    prefect --no-prompt work-pool create "$pool" --type process \
      --base-job-template deployments/pools/process.json >/dev/null
done
prefect work-pool set-concurrency-limit gpu "${GPUS:-1}" >/dev/null
echo "deployments of prefect.yaml, which takes some minutes on a busy machine"
out=$(prefect --no-prompt deploy --all 2>&1) || { tail -20 <<<"$out"; exit 1; }
echo "automation of deployments/automations.yaml"
prefect automation inspect crash-zombie-runs >/dev/null 2>&1 ||
  prefect --no-prompt automation create --from-file deployments/automations.yaml >/dev/null
