#!/bin/bash
# What a node is made of, run in its namespaces: name, /sys and (gateways) /run of its own, sysctls.
# Then it sleeps for as long as the scenario lasts.
set -euo pipefail
name=$1
echo "$name" >/proc/sys/kernel/hostname
mount -t sysfs sysfs /sys
if [[ $name == gw-* ]]; then
  mkdir -p "/run/$name/lab"
  mount -n --bind /run/lab "/run/$name/lab"
  mount -n --rbind "/run/$name" /run
fi
ip link set lo up
for filter in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >"$filter"; done
if [[ $name != host-* ]]; then
  echo 1 >/proc/sys/net/ipv4/ip_forward
  echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
fi
: >"/run/lab/node/$name.ready"
exec sleep infinity
