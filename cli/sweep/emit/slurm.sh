#!/bin/bash
# A job array that carries out the shards of `{sweep}`, as rendered by
#
#   windtunnel sweep plan {sweep} -o plan.jsonl --emit slurm --shards {shards}
#
# Submit it from the folder of the plan, which all nodes share:   sbatch job.sh
# Afterwards:                                                     windtunnel sweep merge {to} -o results
#SBATCH --job-name={name}
#SBATCH --array=0-{last}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=512M
#SBATCH --requeue
set -u

windtunnel sweep work --plan plan.jsonl --shard SLURM_ARRAY_TASK_ID/{shards} --out {to} --threads 1 --quiet
code=$?
# 75: nothing is wrong with the input, another attempt may succeed. Six attempts, then it is left to people.
if [ "$code" -eq 75 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 6 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$code"
