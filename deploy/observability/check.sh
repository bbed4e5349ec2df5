#!/usr/bin/env bash
# Checks the Prometheus configuration and the alert rules, and runs the rules' tests. Needs promtool
# (Debian and Ubuntu: apt install prometheus), on the PATH or named by PROMTOOL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
promtool="${PROMTOOL:-promtool}"
command -v "$promtool" >/dev/null || { echo "check.sh: no $promtool: install prometheus, or point PROMTOOL at one" >&2; exit 1; }
"$promtool" check config prometheus.yml
"$promtool" check rules alerts.yml
"$promtool" test rules alerts_test.yml
