#!/bin/bash
# Runs a command inside a root of its own, which shows /run, /dev and /proc of here. Its mounts are
# seen by nobody else, and the process stays the same.
set -euo pipefail
if [[ ${1:-} != --mounted ]]; then
  exec unshare --mount "$0" --mounted "$@"
fi
root=$2
for directory in run dev proc; do mount -n --rbind "/$directory" "$root/$directory"; done
exec chroot "$root" "${@:3}"
