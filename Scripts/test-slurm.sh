#!/bin/bash
# Runs Examples/cluster/slurm.sh on a Slurm of its own: slurmctld, slurmd and munged on this machine, on the loopback interface.
# Kills one of two tasks with SIGKILL, requeues it, merges, and compares the bytes with a run in one process.
#
# Needs slurm-wlm and munge (Debian); with CI=true it installs them. Where they are missing or the daemons cannot start it says why
# and ends with 0. Needs a release build (make demo).
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
sedge=$(swift build -c release --show-bin-path)/sedge

skip() {
  echo "not checked: $*"
  exit 0
}

has_slurm() { command -v munged slurmctld slurmd sbatch >/dev/null; }
if ! has_slurm && [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends slurm-wlm munge; } \
    >/dev/null 2>&1 || true
fi
has_slurm || skip "no Slurm here; apt-get install slurm-wlm munge"

work=$(mktemp -d)
# Ends the daemons by the numbers that they wrote, and waits for them.
end() {
  local file pid
  for file in "$work"/slurmd.pid "$work"/slurmctld.pid "$work"/munged.pid; do
    pid=$(cat "$file" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  done
  rm -rf "$work"
}
trap end EXIT

# Waits up to a number of seconds until a command succeeds.
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.1
  done
}

host=$(hostname -s)
port=$((20000 + RANDOM))
mkdir -m 700 "$work"/{munge,state,spool,run}
(umask 077 && head -c 1024 /dev/urandom >"$work/munge/key")
# No control groups and no accounting: nothing but processes.
cat >"$work/slurm.conf" <<END
ClusterName=sedge
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf
munged --force --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munged.pid" \
  --log-file="$work/munged.log" --seed-file="$work/munge/seed" >/dev/null 2>&1 \
  || skip "munged does not start: $(tail -n 1 "$work/munged.log" 2>&1)"
slurmctld -c || skip "slurmctld does not start: $(tail -n 1 "$work/slurmctld.log" 2>&1)"
slurmd -c || skip "slurmd does not start: $(tail -n 1 "$work/slurmd.log" 2>&1)"
is_idle() { sinfo --noheader --format %T 2>/dev/null | grep -q idle; }
await 30 is_idle || skip "the node does not become idle: $(tail -n 1 "$work/slurmd.log" 2>&1)"
echo "$(slurmd -V) on $host, port $port"

# Pictures: the drawn shapes, several times each, so that a task takes a while.
cd "$work/run"
repository=$OLDPWD
fixtures=$repository/Fixtures
"$sedge" convert "$fixtures/shapes/sed_shapes.h5" -o model.sedge --quantize int8 --text-heads 4 --resolution 256 \
  --templates "$fixtures/shapes/templates.json" >/dev/null 2>&1
mkdir images labels parts
for picture in bricks sand sky; do
  for copy in $(seq 10 29); do
    cp "$fixtures/pictures/$picture.png" "images/$picture-$copy.png"
    cp "$fixtures/pictures/$picture.labels.png" "labels/$picture-$copy.png"
  done
done
cat >set.json <<END
{"format": "sedge data set", "version": 1, "name": "shapes", "images": "images", "labels": "labels",
 "classes": "$fixtures/shapes/classes.json", "preprocess": "square"}
END
"$sedge" evaluate model.sedge --data set.json --output whole.json >/dev/null 2>&1

fail() {
  echo "$1; task 0 is $(state 0), task 1 is $(state 1)"
  tail -n 5 parts/*.log "$work"/*.log
  exit 1
}
# Lines of a task's file, the first of which is the heading.
rows() { cat "parts/$1.jsonl" 2>/dev/null | wc -l; }
state() { scontrol --oneliner show job "$job_id" 2>/dev/null | grep "ArrayTaskId=$1 " | sed 's/.* JobState=\([A-Z_]*\).*/\1/'; }
is_in_state() { [[ " $2 " == *" $(state "$1") "* ]]; }
has_rows() { [ "$(rows "$1")" -ge "$2" ]; }

export MODEL=model.sedge DATA=set.json ROOT=
PATH=$(dirname "$sedge"):$PATH
job_id=$(sbatch --parsable --array=0-1 --cpus-per-task=1 "$repository/Examples/cluster/slurm.sh")
await 60 has_rows 1 6 || fail "task 1 writes no rows"

# Of the processes of the job, the one of task 1: the script has become sedge by exec.
pid=$(scontrol listpids "$job_id" | awk '$1 ~ /^[0-9]+$/ { print $1 }' | while read -r pid; do
  ! grep -q parts/1.jsonl "/proc/$pid/cmdline" 2>/dev/null || echo "$pid"
done | head -n 1)
[ -n "$pid" ] || fail "task 1 has no process"
kill -KILL "$pid"
await 30 is_in_state 1 "FAILED" || fail "task 1 has not failed"
echo "task 1 killed at $(rows 1) lines of $(($(ls images | wc -l) / 2 + 1))"
scontrol requeue "${job_id}_1"
# Slurm waits two minutes before it starts a requeued job, unless it is told otherwise.
await 10 scontrol update JobId="${job_id}_1" StartTime=now || fail "task 1 is not requeued"
for task in 0 1; do
  await 120 is_in_state $task "COMPLETED" || fail "task $task does not end"
done
scontrol --oneliner show job "$job_id" | grep "ArrayTaskId=1 " | grep -q "Restarts=1 " || fail "task 1 did not start again"
sedge merge parts/0.jsonl parts/1.jsonl --output merged.json >/dev/null
cmp whole.json merged.json || fail "the merged result is not that of one process"
echo "two tasks, one killed and requeued: $(wc -c <merged.json) bytes as from one process"
