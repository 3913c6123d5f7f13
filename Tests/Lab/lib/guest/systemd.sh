#!/bin/bash
# What becomes systemd as PID 1 of its own namespaces. It finds the units of a folder, and no others,
# and the agent where they say.
set -euo pipefail
mount -t proc proc /proc
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind "$2" "$3"
mkdir -p /run/systemd
mount -t tmpfs -o mode=755 tmpfs /run/systemd
echo 0123456789abcdef0123456789abcdef >/run/machine-id
[[ ! -e /etc/machine-id ]] || mount --bind /run/machine-id /etc/machine-id
exec env -i PATH="$PATH" container=lab SYSTEMD_UNIT_PATH="$1" \
  /usr/lib/systemd/systemd --system --unit=lab.target --log-target=console --show-status=no
