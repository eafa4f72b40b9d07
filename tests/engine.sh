#!/usr/bin/env bash
# Start a Docker Engine for the tests, without networks, in a folder of its own; print its address.
#   tests/engine.sh start DIR    tests/engine.sh stop DIR
set -euo pipefail
dir=$(readlink -f "$2")
if [ "$1" = stop ]; then
  kill -TERM "$(cat "$dir/docker.pid")"
  while [ -f "$dir/docker.pid" ]; do sleep 0.2; done
  exit
fi
mkdir -p "$dir"
nohup setsid dockerd --iptables=false --bridge=none -H "unix://$dir/docker.sock" \
  --data-root "$dir/data" --exec-root "$dir/exec" -p "$dir/docker.pid" >"$dir/docker.log" 2>&1 &
for _ in $(seq 300); do
  docker -H "unix://$dir/docker.sock" info >/dev/null 2>&1 && break
  sleep 0.2
done
docker -H "unix://$dir/docker.sock" info >/dev/null
echo "unix://$dir/docker.sock"
