#!/usr/bin/env bash
# Run a study over the nodes of a Slurm allocation: a Ray cluster that lives as long as the job does.
#
#   sbatch --nodes=4 scripts/cluster/slurm.sh run my.yaml --dir runs/mine
#
# The arguments are those of the command `study`; the address of the cluster is added. Other sizes are options of
# sbatch, before the script: --gpus-per-node=0 for a CPU study, --partition=..., --time=...
# Submit from an active virtual environment, and from a folder that every node sees. A job that is requeued, or
# submitted again with the same arguments, goes on where the study stopped.
#SBATCH --job-name=study
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --gpus-per-node=1
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=study-%j.out
# A minute before the time is up, so that Ray ends in order.
#SBATCH --signal=B:TERM@60
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: sbatch [OPTIONS] slurm.sh run SPEC --dir DIR" >&2
    exit 2
fi

# Several jobs may share a node, and others' Ray may run there: ports, folder and token are this job's own.
free_ports() {
    python3 - "$1" <<'PYTHON'
import socket
import sys

sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in sockets:
    each.bind(("", 0))
print(*(each.getsockname()[1] for each in sockets))
PYTHON
}

# Under the home folder, which the nodes share. Longer folders than /tmp break the 107 characters of a Unix socket.
token_path=$HOME/.ray/auth_token-$SLURM_JOB_ID
temp_dir=/tmp/ray-$SLURM_JOB_ID
mkdir -p "$HOME/.ray"
(umask 077 && python3 -c 'import secrets; print(secrets.token_hex(32), end="")' >"$token_path")
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$token_path RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S=0
unset RAY_AUTH_TOKEN # it would win over the file

# What does not end in half a minute is killed, and its step on the nodes by Slurm when this script ends.
stop() {
    [ $# -gt 0 ] || return 0
    kill "$@" 2>/dev/null || true
    for _ in {1..60}; do
        kill -0 "$@" 2>/dev/null || return 0
        sleep 0.5
    done
    kill -KILL "$@" 2>/dev/null || true
}
study=
finish() {
    status=$?
    trap - EXIT TERM
    [ -z "$study" ] || stop "$study" # before the Ray that it runs on
    # `ray stop` would end every Ray on the node; a blocking `ray start` that is told to end takes its own along.
    mapfile -t running < <(jobs -p)
    stop "${running[@]}"
    rm -f "$token_path"
    if [ "$status" -eq 0 ]; then
        srun --nodes="$SLURM_JOB_NUM_NODES" --ntasks="$SLURM_JOB_NUM_NODES" rm -rf "$temp_dir"
    else
        echo "Ray's logs stay in $temp_dir of each node" >&2
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM

# This script runs on the first node of the allocation, which becomes the head.
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head_ip=$(python3 -c 'import ray; print(ray.util.get_node_ip_address())')
read -r gcs_port client_port dashboard_port agent_port < <(free_ports 4)
export RAY_ADDRESS=$head_ip:$gcs_port

# One `ray start` a node, with the CPUs of the job rather than of the machine; Ray finds the GPUs it may see.
step=(srun --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}")
start=(ray start --block --disable-usage-stats --num-cpus="${SLURM_CPUS_PER_TASK:-1}" --temp-dir="$temp_dir"
    --dashboard-agent-listen-port=0)
# With a port of its own for the runtime environments' agent the server for Ray Client does not wait for the node to
# register: on a busy machine it would give up, and the head with it.
"${step[@]}" --nodes=1 --ntasks=1 --nodelist="${nodes[0]}" \
    "${start[@]}" --head --node-ip-address="$head_ip" --port="$gcs_port" --ray-client-server-port="$client_port" \
    --runtime-env-agent-port="$agent_port" --dashboard-host=127.0.0.1 --dashboard-port="$dashboard_port" &
rays=($!)

# Waits until as many nodes are in as there should be; says so where they do not come within 5 minutes.
wait_for_nodes() {
    exec python3 - "$1" <<'PYTHON'
import sys
import time

import ray

wanted, deadline, alive = int(sys.argv[1]), time.monotonic() + 300, 0
while time.monotonic() < deadline:
    try:
        if not ray.is_initialized():
            ray.init(address="auto", log_to_driver=False, logging_level="ERROR")
        alive = sum(node["Alive"] for node in ray.nodes())
        if alive >= wanted:
            sys.exit()
    except ConnectionError:
        pass
    time.sleep(1)
sys.exit(f"{alive} of {wanted} nodes joined Ray within 5 minutes")
PYTHON
}

wait_for_nodes 1 &
wait -n "${rays[@]}" $! # whichever ends first: a Ray that could not start says so at once
if [ ${#nodes[@]} -gt 1 ]; then
    workers=$((${#nodes[@]} - 1))
    "${step[@]}" --nodes="$workers" --ntasks="$workers" --exclude="${nodes[0]}" \
        "${start[@]}" --address="$RAY_ADDRESS" &
    rays+=($!)
    wait_for_nodes "${#nodes[@]}" &
    wait -n "${rays[@]}" $!
fi
echo "Ray runs on ${#nodes[@]} nodes; its dashboard: ssh -L 8265:127.0.0.1:$dashboard_port ${nodes[0]}"
echo "and then http://localhost:8265, with the token in $token_path"

# In the background, so that a signal is heard while it runs, and the end of a Ray ends the job.
study "$@" --address "$RAY_ADDRESS" &
study=$!
wait -n "${rays[@]}" "$study"
