# shellcheck shell=bash
# libreswan on a gateway instead of strongSwan, for the same tunnel with selectors 0.0.0.0/0 and mark
# 42. Its connection has the name that strongSwan's would have. Needs "# Roots: libreswan".

# Starts a gateway's pluto and loads its connection.
pluto() { # GATEWAY
  local gateway=$1 dir=$LAB/pluto-$1
  mkdir -p "$dir/nss" "$dir/ipsec.d"
  pluto_conf "$gateway" >"$dir/ipsec.conf"
  echo '@gw-a @gw-b : PSK "not a secret"' >"$dir/ipsec.secrets"
  run certutil -N -d "sql:$dir/nss" --empty-password
  on "$gateway" mkdir -p /run/pluto
  on_background "$gateway" "pluto-$gateway.log" /usr/libexec/ipsec/pluto --nofork --stderrlog \
    --config "$dir/ipsec.conf" --secretsfile "$dir/ipsec.secrets" --nssdir "$dir/nss" \
    --ipsecdir "$dir/ipsec.d"
  wait_until 30 "pluto on $gateway has its socket" -- on "$gateway" test -S /run/pluto/pluto.ctl
  wait_until 30 "pluto on $gateway listens and has its connection" -- pluto_load "$gateway"
}

pluto_load() { # GATEWAY
  on "$1" ipsec whack --rereadsecrets
  on "$1" ipsec whack --listen
  on "$1" ipsec addconn --config "$LAB/pluto-$1/ipsec.conf" --ctlsocket /run/pluto/pluto.ctl \
    "${connection[$1]}"
  # addconn ends with 0 whatever it met.
  prints "\"${connection[$1]}\"" on "$1" ipsec whack --status
}

pluto_conf() { # GATEWAY
  local gateway=$1 peer=${peer_of[$1]}
  cat <<CONF
config setup
  dumpdir=$LAB/tmp

conn ${connection[$gateway]}
  left=$(outer "$gateway")
  leftid=@$gateway
  leftsubnet=0.0.0.0/0
  leftupdown=/usr/bin/true
  right=$(outer "$peer")
  rightid=@$peer
  rightsubnet=0.0.0.0/0
  authby=secret
  ikev2=insist
  ike=aes_gcm128-sha2_256-dh19
  esp=aes_gcm128
  pfs=no
  mark=42/0xffffffff
  auto=add
CONF
}
