#!/usr/bin/env bash
# Stop what deployments/up.sh started, workers first; the database and the workspaces stay.
set -euo pipefail
cd "$(dirname "$0")/.."
state=${FLYWHEEL_STATE:-$PWD/runs/.prefect}
shopt -s nullglob
names=()
for file in "$state"/worker-*.pid "$state"/server*.pid; do
  names+=("$(basename "$file" .pid)")
done
running() { [ -f "$state/$1.pid" ] && kill -0 "$(cat "$state/$1.pid")" 2>/dev/null; }
for name in "${names[@]}"; do
  ! running "$name" || kill -TERM "$(cat "$state/$name.pid")"
done
for name in "${names[@]}"; do
  for _ in $(seq 50); do
    running "$name" || break
    sleep 0.2
  done
  kill -KILL -- "-$(cat "$state/$name.pid")" 2>/dev/null || true
  rm "$state/$name.pid"
  echo "stopped $name"
done
