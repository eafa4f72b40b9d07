#!/usr/bin/env bash
# Follow a run to its end, also when the server is restarted meanwhile: exit code 0 when the cycle was
# decided, 1 when the run failed. `prefect deployment run` prints the id of the run.
#   deployments/watch.sh RUN_ID
set -uo pipefail
state_of() {
  prefect --no-prompt flow-run inspect "$1" --output json 2>/dev/null |
    python -c 'import json, sys; print(json.load(sys.stdin)["state"]["type"])' 2>/dev/null
}
until prefect --no-prompt flow-run watch "$1"; do
  case $(state_of "$1") in
    COMPLETED) exit 0 ;;
    FAILED | CRASHED | CANCELLED) exit 1 ;;
    *) sleep 5 ;;
  esac
done
