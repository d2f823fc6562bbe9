#!/bin/bash
# An evaluation as a Slurm array: each task evaluates its part of the pictures and can be requeued at any time.
#
#   export MODEL=model.sedge DATA=ade150 ROOT=/data/sets    # or DATA=set.json
#   mkdir -p parts
#   job=$(sbatch --parsable Examples/cluster/slurm.sh)
#   sbatch --dependency=afterany:$job --wrap 'sedge merge parts/*.jsonl --output result.json --table result.md'
#
# Tasks may run at any time and in any order. `merge` refuses gaps: where a task failed, requeue it and merge again.
#SBATCH --job-name=sedge
#SBATCH --array=0-15
#SBATCH --cpus-per-task=8
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=parts/%a.log
set -eu

# The part and the number of parts are those of the array. --resume continues the rows of an interrupted task.
exec sedge evaluate "$MODEL" --data "$DATA" ${ROOT:+--root "$ROOT"} --shard auto \
  --rows "parts/$SLURM_ARRAY_TASK_ID.jsonl" --resume --threads "${SLURM_CPUS_PER_TASK:-1}"
