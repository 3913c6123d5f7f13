# shellcheck shell=bash
# strongSwan on the gateways: IKEv2 with PSK, route-based. The connection is called to-b on gw-a and
# to-a on gw-b, its child `net`. Each charon has its usual socket, /run/charon.vici of its gateway.
#
# More settings: lines in CHARON_SETTINGS (strongswan.conf, section charon), IKE_SETTINGS and
# CHILD_SETTINGS (swanctl.conf), whole children in MORE_CHILDREN, set by a scenario before `charons`; a later line wins.

# A gateway's charon may be of another version: charon_island[GATEWAY]=NAME, one of "# Roots:".
declare -A charon_island=()
declare -A connection=([gw-a]=to-b [gw-b]=to-a)

# Both gateways' charons, running and loaded. TIE is mark (VTI, default), if_id, or none.
charons() { # [TIE]
  charon gw-a "${1:-mark}"
  charon gw-b "${1:-mark}"
  charon_loaded gw-a &
  charon_loaded gw-b
  wait $!
}

# Both gateways' charons for a tunnel without a link, between the nets behind the gateways.
policy_charons() { # NET-A NET-B
  local more=$'\n'${CHILD_SETTINGS:-}
  CHILD_SETTINGS="local_ts = $1"$'\n'"remote_ts = $2$more" charon gw-a none
  CHILD_SETTINGS="local_ts = $2"$'\n'"remote_ts = $1$more" charon gw-b none
  charon_loaded gw-a &
  charon_loaded gw-b
  wait $!
}

# Gives a running charon what the settings say by now. SAs that are there stay as they are.
charon_changed() { # GATEWAY [TIE]
  swanctl_conf "$1" "${2:-mark}" >"$LAB/swanctl-$1/swanctl.conf"
  charon_loaded "$1"
}

charon() { # GATEWAY [TIE]
  local gateway=$1 swanctl=$LAB/swanctl-$1
  strongswan_conf "$gateway" >"$LAB/strongswan-$gateway.conf"
  # swanctl complains about every one of these that it does not find.
  mkdir -p "$swanctl"/{x509,x509ca,x509ocsp,x509aa,x509ac,x509crl,pubkey,private,rsa,ecdsa} \
    "$swanctl"/{bliss,pkcs8,pkcs12}
  swanctl_conf "$gateway" "${2:-mark}" >"$swanctl/swanctl.conf"
  charon_again "$gateway"
}

# Starts a gateway's charon with the configuration that it had.
charon_again() { # GATEWAY
  local within=()
  [[ ! ${charon_island[$1]:-} ]] || within=("$lib/guest/enter_island.sh" "$(island "${charon_island[$1]}")")
  on_background "$1" "charon-$1.out" env STRONGSWAN_CONF="$LAB/strongswan-$1.conf" \
    "${within[@]}" /usr/lib/ipsec/charon
  echo "$started_pid" >"$LAB/charon-$1.pid"
}

charon_loaded() { # GATEWAY
  wait_until 30 "charon on $1 has its socket" -- on "$1" test -S /run/charon.vici
  swan "$1" --load-all --noprompt --file "$LAB/swanctl-$1/swanctl.conf" >&9
}

charon_kill() { # GATEWAY SIGNAL
  run kill "-$2" "$(<"$LAB/charon-$1.pid")"
  wait_until 20 "charon on $1 is gone" -- gone "$(<"$LAB/charon-$1.pid")"
  on "$1" rm -f /run/charon.pid /run/charon.vici
}

gone() { # PID
  [[ ! -e /proc/$1/exe ]] || ! readlink "/proc/$1/exe" >/dev/null
}

swan() { # GATEWAY SWANCTL-ARGUMENT...
  on "$1" env STRONGSWAN_CONF="$LAB/strongswan-$1.conf" swanctl "${@:2}"
}

ike_up() { swan "$1" --initiate --timeout 30 --ike "${connection[$1]}" >&9; }    # GATEWAY
# By whoever is first: an agent with establish-tunnels = "immediately" brings it up too.
child_up() { # GATEWAY [CHILD]
  swan "$1" --initiate --timeout 30 --child "${2:-net}" >&9 ||
    wait_until 10 "the child is up already" -- prints "${2:-net}: #.*INSTALLED" swan "$1" --list-sas
}
child_down() { swan "$1" --terminate --timeout 30 --child "${2:-net}" >&9; }    # GATEWAY [CHILD]
ike_down() { swan "$1" --terminate --timeout 30 --ike "${connection[$1]}" >&9; } # GATEWAY
rekey_child() { swan "$1" --rekey --child "${2:-net}" >&9; }                    # GATEWAY [CHILD]
rekey_ike() { swan "$1" --rekey --ike "${connection[$1]}" >&9; }                # GATEWAY
reauth() { swan "$1" --rekey --reauth --ike "${connection[$1]}" >&9; }          # break before make

# SPIs of a gateway's ESP SAs, both directions, sorted: a change of them is a rekey seen.
spis() { # GATEWAY
  ip -n "$1" xfrm state list nokeys | awk '$1 == "proto" { print $4 }' | sort
}

has_sas() { # GATEWAY
  [[ $(QUIET=1 spis "$1") ]]
}

has_no_sas() { ! has_sas "$1"; } # GATEWAY

spis_differ() { # GATEWAY SPIS
  [[ $(spis "$1") != "$2" ]]
}

strongswan_conf() { # GATEWAY
  cat <<CONF
charon {
  load = random nonce kdf hmac sha2 aes gcm x509 pubkey openssl kernel-netlink socket-default vici updown
  install_routes = no
  filelog {
    lab {
      path = $LAB/charon-$1.log
      time_format = %H:%M:%S
      time_add_ms = yes
      flush_line = yes
      default = 1
    }
  }
  ${CHARON_SETTINGS:-}
}
swanctl {
  load = random openssl
}
CONF
}

swanctl_conf() { # GATEWAY TIE
  local gateway=$1 peer=${peer_of[$1]} tie=''
  case $2 in
    mark) tie=$'mark_in = 42\n      mark_out = 42' ;;
    if_id) tie=$'if_id_in = 42\n      if_id_out = 42' ;;
  esac
  cat <<CONF
connections {
  ${connection[$gateway]} {
    version = 2
    local_addrs = $(outer "$gateway")
    remote_addrs = $(outer "$peer")
    dpd_delay = 0
    proposals = aes128gcm16-prfsha256-ecp256
    local { auth = psk
      id = $gateway }
    remote { auth = psk
      id = $peer }
    children { net {
      local_ts = 0.0.0.0/0, ::/0
      remote_ts = 0.0.0.0/0, ::/0
      esp_proposals = aes128gcm16
      $tie
      ${CHILD_SETTINGS:-}
    }
    ${MORE_CHILDREN:-}
    }
    ${IKE_SETTINGS:-}
  }
}
secrets { ike-lab { secret = "not a secret" } }
CONF
}
