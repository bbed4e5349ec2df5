#!/usr/bin/env bash
# Whether a container does what it is there for: a job manager answers on its REST interface, a task
# manager lives and serves its metrics. Exit code 0 or 1.
#
#   MILLRACE_MAIN_PID      the process; 1 in a container
#   MILLRACE_REST          address of the REST interface; 127.0.0.1:8081
#   MILLRACE_METRICS_PORT  where the task manager's Prometheus reporter listens; empty: it is not asked
set -uo pipefail

main="$(tr '\0' ' ' <"/proc/${MILLRACE_MAIN_PID:-1}/cmdline")" || exit 1
case "$main" in
  *TaskManagerRunner*)
    [ -z "${MILLRACE_METRICS_PORT:-}" ] \
      || curl -fsS --max-time 4 -o /dev/null "http://127.0.0.1:$MILLRACE_METRICS_PORT/metrics" ;;
  *ClusterEntrypoint* | *ClusterEntryPoint*)
    curl -fsS --max-time 4 -o /dev/null "http://${MILLRACE_REST:-127.0.0.1:8081}/overview" ;;
  *)
    echo "neither a job manager nor a task manager: $main" >&2
    exit 1 ;;
esac
