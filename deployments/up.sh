#!/usr/bin/env bash
# Start a Prefect server, two pools, a worker each, deployments and automations on this machine, and a
# keeper, which starts a worker that has died again.
# Run it again at any time: what runs is left alone, what is missing is started, and what was set on
# the server stays.
#   GPUS=2 deployments/up.sh      a worker for each of two GPUs; default 1, which sees them all
#   RESET=1 deployments/up.sh     deployments, limits and automations as in the files of this checkout
#   SYSTEMD=1 deployments/up.sh   as systemd units, which start again after a reboot
#   SERVER=http://HOST:4200/api PREFECT_API_AUTH_STRING=NAME:PASSWORD deployments/up.sh
#                                 on a further GPU host: workers of the pool gpu alone
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${VENV:-$PWD/.venv}/bin
state=${FLYWHEEL_STATE:-$PWD/runs/.prefect}
port=${PORT:-4200}
mkdir -p "$state"
export PREFECT_HOME=$state PREFECT_API_URL=${SERVER:-http://127.0.0.1:$port/api}
# The server's login: made once, and read from files that nobody else on this machine can open. The
# profile gives it to every command that has this PREFECT_HOME.
login=$state/login
if [ -n "${SERVER:-}" ] && [ -n "${PREFECT_API_AUTH_STRING:-}" ]; then
  (umask 077; printf '%s\n' "$PREFECT_API_AUTH_STRING" >"$login")
elif [ -n "${SERVER:-}" ] && [ ! -s "$login" ]; then
  echo "expected PREFECT_API_AUTH_STRING, the login of $SERVER" >&2
  exit 2
elif [ ! -s "$login" ]; then
  (umask 077; "$bin/python" -c 'import secrets; print("flywheel:" + secrets.token_urlsafe(24))' >"$login")
  echo "made a login for the Prefect server; a browser asks for the line in $login"
fi
PREFECT_API_AUTH_STRING=$(<"$login")
export PREFECT_API_AUTH_STRING
rm -f "$state/profiles.toml"
(umask 077; cat >"$state/profiles.toml") <<PROFILE
active = "flywheel"
[profiles.flywheel]
PREFECT_API_URL = "$PREFECT_API_URL"
PREFECT_API_AUTH_STRING = "$PREFECT_API_AUTH_STRING"
PROFILE
export PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
export PREFECT_WORKER_QUERY_SECONDS=${PREFECT_WORKER_QUERY_SECONDS:-2}  # a cycle waits for its children
# Whoever runs here imports this checkout, and leaves its temporary files where they are found.
export PATH=$bin:$PATH PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH}

. deployments/processes.sh
if [ "${SYSTEMD:-}" = 1 ] && [ "$(id -u)" != 0 ]; then
  loginctl enable-linger  # a user's units start at boot, and not at the first login
fi
[ -n "${KEEP:-}" ] || clean_state
tmp=$state/tmp
[ ${#tmp} -gt 80 ] || { mkdir -p "$tmp"; export TMPDIR=$tmp; }  # a socket's path has 108 characters
if [ -z "${SERVER:-}${KEEP:-}" ]; then
  export PREFECT_SERVER_API_AUTH_STRING=$PREFECT_API_AUTH_STRING
  # A web page that this machine's browser has open must not reach the API: it can start programs.
  export PREFECT_SERVER_CSRF_PROTECTION_ENABLED=true
  export PREFECT_SERVER_CORS_ALLOWED_ORIGINS=http://127.0.0.1:$port,http://localhost:$port
  # `--watch` shows the log, the sentence of a failure included, from a server that streams it.
  export PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED=true PREFECT_SERVER_LOGS_STREAM_PUBLISHING_ENABLED=true
  start server "$bin/prefect" server start --host 127.0.0.1 --port "$port"
  echo "waiting for the server, which makes its database the first time"
  for _ in $(seq 120); do
    "$bin/python" -c "import urllib.request as u; u.urlopen('$PREFECT_API_URL/health', timeout=2)" \
      2>/dev/null && break
    running server || { tail -5 "$state/server.log"; exit 1; }
    sleep 1
  done
  "$bin/python" -m deployments.deploy
fi
work() { # pool, name, more
  start "worker-$2" "$bin/prefect" worker start --pool "$1" --name "$2-$(hostname)" \
    --install-policy never "${@:3}"
}
workers() {
  [ -n "${SERVER:-}" ] || work flywheel flywheel
  if [ "${GPUS:-1}" = 1 ]; then
    work gpu gpu
  else
    for gpu in $(seq 0 $((GPUS - 1))); do
      CUDA_VISIBLE_DEVICES=$gpu FLYWHEEL_GPUS=${FLYWHEEL_GPUS:-$gpu} work gpu "gpu-$gpu" --limit 1
    done
  fi
}
workers
if [ -n "${KEEP:-}" ]; then  # this is the keeper, which the line after the loop has started
  while sleep 5; do workers; done
fi
[ -n "$(find "$units" -name 'flywheel-worker-*' 2>/dev/null)" ] || start keeper env KEEP=1 bash deployments/up.sh
echo "Prefect: ${PREFECT_API_URL%/api}  export PREFECT_HOME=$state"
