#!/usr/bin/env bash
# Creates the topics that are missing, with Kafka's own tool. A dead letter repeats the record that
# failed, so its topic takes larger records than prompts.
#
#   BOOTSTRAP_SERVERS   Kafka's brokers
#   PARTITIONS, REPLICAS, MIN_IN_SYNC   4, 1 and 1
#   COMMAND_CONFIG      a file with the client's security settings, if the brokers ask for them
set -euo pipefail

topics="${KAFKA_HOME:-/opt/kafka}/bin/kafka-topics.sh"
create() {
  "$topics" --bootstrap-server "$BOOTSTRAP_SERVERS" ${COMMAND_CONFIG:+--command-config "$COMMAND_CONFIG"} \
    --create --if-not-exists --topic "$1" --partitions "${PARTITIONS:-4}" \
    --replication-factor "${REPLICAS:-1}" --config "min.insync.replicas=${MIN_IN_SYNC:-1}" \
    --config "max.message.bytes=$2"
}

create prompts 1048588
create completions 4194304
create completion-latency 1048588
create prompts-dead-letter 4194304
