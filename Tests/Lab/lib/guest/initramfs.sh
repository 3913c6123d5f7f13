#!/bin/busybox sh
# shellcheck shell=dash
# First program of the virtual machine: mounts the host's root by virtiofs and hands over to
# Tests/Lab/lib/guest/init.sh, whose path comes on the kernel's command line in base64.
export PATH=/bin
busybox mount -t proc proc /proc
while read -r module; do
  busybox insmod "$module" || busybox echo "lab: insmod $module failed"
done </modules
busybox mount -t virtiofs root /root || busybox echo "lab: no virtiofs root"
# shellcheck disable=SC2013 # words are wanted
for word in $(busybox cat /proc/cmdline); do
  case $word in
    lab=*) repository=$(busybox echo "${word#lab=}" | busybox base64 -d) ;;
  esac
done
busybox umount /proc
exec busybox switch_root /root "$repository/Tests/Lab/lib/guest/init.sh" "$repository"
