#!/bin/bash
# What becomes systemd of a bare Debian as PID 1 of its own namespaces: the root (read-only, with a
# layer above it that is lost), and the gateway's network and /run.
set -euo pipefail
bare=$1
layer=/mnt
mount -t tmpfs -o mode=755 tmpfs "$layer"
mkdir -p "$layer"/{upper,work,root}
root=$layer/root
mount -t overlay -o "lowerdir=$bare,upperdir=$layer/upper,workdir=$layer/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount --rbind /run "$root/run"
mkdir -p "$root/run/systemd"
mount -t tmpfs -o mode=755 tmpfs "$root/run/systemd"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
# What a machine has and a gateway in the lab must not: it would change the links of the stage.
for unit in systemd-udevd.service systemd-networkd.service systemd-sysctl.service getty.target \
  "${@:2}"; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=lab \
  /usr/lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no
