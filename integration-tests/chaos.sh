#!/bin/sh
# Injures a cluster of real processes while it generates, and checks every outcome:
#   integration-tests/chaos.sh --faults 40 --prompts 5000 --seed 1
# The report and the logs of all processes go to integration-tests/target/chaos.
set -e
cd "$(dirname "$0")"
export DJL_OFFLINE=true OPT_OUT_TRACKING=true OMP_WAIT_POLICY=PASSIVE
if [ -z "$CHAOS_SKIP_BUILD" ]; then
  (cd .. && ./mvnw -q -pl integration-tests -am package -DskipTests)
fi
exec java -Xmx512m -XX:+UseSerialGC -cp "target/test-classes:$(cat target/test.classpath)" \
  dev.millrace.it.chaos.Chaos "$@"
