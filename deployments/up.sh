#!/usr/bin/env bash
# Start a Prefect server, two pools, a worker each, deployments and automations on this machine.
# Run it again at any time: what runs is left alone, what is missing is started.
#   GPUS=2 deployments/up.sh      a worker for each of two GPUs; default 1, which sees them all
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${VENV:-$PWD/.venv}/bin
state=${FLYWHEEL_STATE:-$PWD/runs/.prefect}
port=${PORT:-4200}
mkdir -p "$state"
export PREFECT_HOME=$state PREFECT_API_URL=http://127.0.0.1:$port/api
# The server's login: made once, and read from files that nobody else on this machine can open. The
# profile gives it to every command that has this PREFECT_HOME.
login=$state/login
if [ ! -s "$login" ]; then
  (umask 077; "$bin/python" -c 'import secrets; print("flywheel:" + secrets.token_urlsafe(24))' >"$login")
  echo "made a login for the Prefect server; a browser asks for the line in $login"
fi
PREFECT_API_AUTH_STRING=$(<"$login")
export PREFECT_API_AUTH_STRING PREFECT_SERVER_API_AUTH_STRING=$PREFECT_API_AUTH_STRING
rm -f "$state/profiles.toml"
(umask 077; cat >"$state/profiles.toml") <<PROFILE
active = "flywheel"
[profiles.flywheel]
PREFECT_API_URL = "$PREFECT_API_URL"
PREFECT_API_AUTH_STRING = "$PREFECT_API_AUTH_STRING"
PROFILE
export PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
# A web page that this machine's browser has open must not reach the API: it can start programs.
export PREFECT_SERVER_CSRF_PROTECTION_ENABLED=true
export PREFECT_SERVER_CORS_ALLOWED_ORIGINS=http://127.0.0.1:$port,http://localhost:$port
# `--watch` shows the log, the sentence of a failure included, from a server that streams it.
export PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED=true PREFECT_SERVER_LOGS_STREAM_PUBLISHING_ENABLED=true

. deployments/processes.sh
start() {
  local name=$1
  shift
  running "$name" && return
  nohup setsid "$@" >>"$state/$name.log" 2>&1 &
  remember "$name" $!
  echo "started $name"
}

start server "$bin/prefect" server start --host 127.0.0.1 --port "$port"
echo "waiting for the server, which makes its database the first time"
for _ in $(seq 120); do
  "$bin/python" -c "import urllib.request as u; u.urlopen('$PREFECT_API_URL/health', timeout=2)" \
    2>/dev/null && break
  running server || { tail -5 "$state/server.log"; exit 1; }
  sleep 1
done
PATH=$bin:$PATH deployments/deploy.sh
work() { # pool, name, more
  start "worker-$2" "$bin/prefect" worker start --pool "$1" --name "$2-$(hostname)" \
    --install-policy never "${@:3}"
}
work flywheel flywheel
if [ "${GPUS:-1}" = 1 ]; then
  work gpu gpu
else
  for gpu in $(seq 0 $((GPUS - 1))); do
    CUDA_VISIBLE_DEVICES=$gpu FLYWHEEL_GPUS=${FLYWHEEL_GPUS:-$gpu} work gpu "gpu-$gpu" --limit 1
  done
fi
echo "Prefect: http://127.0.0.1:$port  export PREFECT_HOME=$state"
