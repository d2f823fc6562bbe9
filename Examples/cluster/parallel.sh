#!/bin/bash
# An evaluation in parts by GNU parallel, on this machine or on several that share the folder.
#
#   Examples/cluster/parallel.sh model.sedge ade150 /data/sets              # on this machine
#   SERVERS=4/node1,4/node2 Examples/cluster/parallel.sh model.sedge ade150 /data/sets
#
# Run it again after an interruption: finished parts take no time, others continue.
set -eu
model=$1 data=$2 root=$3
parts=${PARTS:-16}
servers=${SERVERS:-$(($(nproc) / 4 + 1))/:}
mkdir -p parts

# Four threads for each part. Exit code 3, some pictures could not be used, is a result: merge counts them.
seq "$parts" | parallel --sshlogin "$servers" --workdir . --retries 3 \
  "sedge evaluate '$model' --data '$data' --root '$root' --shard {}/$parts --rows parts/{}.jsonl --resume --threads 4 \
    || [ \$? = 3 ]"

sedge merge parts/*.jsonl --output result.json
