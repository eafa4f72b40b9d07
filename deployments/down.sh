#!/usr/bin/env bash
# Stop what deployments/up.sh started, workers first; the database and the workspaces stay.
set -euo pipefail
cd "$(dirname "$0")/.."
state=${FLYWHEEL_STATE:-$PWD/runs/.prefect}
for name in worker-gpu worker-flywheel server; do
  file=$state/$name.pid
  [ -f "$file" ] || continue
  pid=$(cat "$file")
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.2
  done
  kill -KILL -- "-$pid" 2>/dev/null || true
  rm "$file"
  echo "stopped $name"
done
