#!/usr/bin/env bash
# Stop what deployments/up.sh started, the keeper of the workers first; the database and the workspaces stay. Units of
# systemd are removed too.
set -euo pipefail
cd "$(dirname "$0")/.."
state=${FLYWHEEL_STATE:-$PWD/runs/.prefect}
. deployments/processes.sh
shopt -s nullglob
for file in "$units"/flywheel-worker-*.service "$units"/flywheel-server.service; do
  name=$(basename "$file" .service)
  name=${name#flywheel-}
  if has_unit "$name"; then
    ctl disable --now "flywheel-$name"
    rm -f "$file" "$state/$name.env"
    ctl daemon-reload
    echo "stopped $name"
  fi
done
names=()
for file in "$state"/keeper*.pid "$state"/worker-*.pid "$state"/server*.pid; do
  name=$(basename "$file" .pid)
  if running "$name"; then
    names+=("$name")
  else
    rm -f "$file" "$state/$name.started"
    echo "$name had ended"
  fi
done
for name in "${names[@]}"; do
  kill -TERM "$(cat "$state/$name.pid")"
done
for name in "${names[@]}"; do
  for _ in $(seq 50); do
    running "$name" || break
    sleep 0.2
  done
  kill -KILL -- "-$(cat "$state/$name.pid")" 2>/dev/null || true
  rm -f "$state/$name.pid" "$state/$name.started"
  echo "stopped $name"
done
clean_state
