#!/bin/bash
# PID 1 of the virtual machine. The root is the host's, read-only: only .lab/results is writable.
# Runs the scenarios as told by .lab/results/.run and powers off, whatever happens.
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
repository=$1
results=$repository/.lab/results
run=$results/.run

power_off() {
  sync
  echo o >/proc/sysrq-trigger
  sleep 60
}
trap power_off EXIT

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
ln -sf /proc/self/fd /dev/fd
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount --bind "$results" "$results"
mount -o remount,bind,ro /
mkdir /run/tmp
export TMPDIR=/run/tmp HOME=/root
hostname lab
ip link set lo up

# shellcheck source=/dev/null # written by the host for this boot: LAB_* and VPNAGENT
source "$run/environment"
printf '#!/bin/sh\nexec modprobe -d "%s" "$@"\n' "$LAB_KERNEL" >/run/modprobe
chmod 755 /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
for module in overlay xfrm_user esp4 esp6 ip_vti ip6_vti xfrm_interface veth dummy sch_netem \
  nf_tables nft_objref; do
  /run/modprobe "$module"
done
# The first AEAD of a kernel waits seconds for a random generator: have that while others start.
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 reqid 1 mode tunnel \
  aead "rfc4106(gcm(aes))" 0x0102030405060708090a0b0c0d0e0f1011121314 128 &

mapfile -d '' -t arguments <"$run/arguments"
if [[ -t 0 || ${LAB_TERMINAL:-} ]]; then
  stty -F /dev/ttyS1 sane rows "${LAB_ROWS:-24}" cols "${LAB_COLUMNS:-80}"
else
  stty -F /dev/ttyS1 raw -echo
fi
touch "$run/ready"
status=0
setsid --ctty --wait "$repository/Tests/Lab/lib/runner.sh" "${arguments[@]}" \
  </dev/ttyS1 >/dev/ttyS1 2>&1 || status=$?
echo "$status" >"$run/status"
