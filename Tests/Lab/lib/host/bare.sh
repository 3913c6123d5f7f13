# shellcheck shell=bash
# Bare Debian systems made by debootstrap below .lab/, for what has to be seen as a new user sees
# it: the package, and the first minutes with it. A root has minbase and what is named; nothing of
# it runs on this machine.

# One root per row. An empty row is minbase itself. The lab has no network, so what the package
# depends on is there.
declare -A lab_bare_roots=(
  [minbase]=""
  [gateway]="systemd systemd-sysv iproute2 iputils-ping strongswan-swanctl charon-systemd
    libmnl0 libnl-3-200 libnl-xfrm-3-200 libmicrohttpd12"
)

# Sets lab_bare to the directory of a bare root, making it first when it is not there.
lab_make_bare() { # NAME
  local name=$1 part packages key
  [[ -v "lab_bare_roots[$name]" ]] || lab_die "no root called $name in Tests/Lab/lib/host/bare.sh"
  read -ra packages -d '' <<<"${lab_bare_roots[$name]}" || true
  key=$(echo "$name ${packages[*]}" | sha256sum | cut -c 1-8)
  lab_bare=$lab_dir/bare-$name-$key
  [[ ! -d $lab_bare ]] || return 0
  lab_note "making a bare Debian root: $name ${packages[*]}"
  part=$(mktemp -d "$lab_dir/part.XXXXXX")
  if [[ $name == minbase ]]; then
    lab_install debootstrap
    lab_logged debootstrap --variant=minbase bookworm "$part/root" "$(lab_archive)"
  else
    cp -a "$(lab_make_bare minbase && echo "$lab_bare")" "$part/root"
    lab_logged lab_in_bare "$part/root" apt-get -qq update
    lab_logged lab_in_bare "$part/root" apt-get -qq -y install "${packages[@]}"
    rm -rf "$part"/root/var/cache/apt/archives/*.deb
  fi
  rm -rf "$lab_dir/bare-$name-"*
  mv "$part/root" "$lab_bare"
  rm -rf "$part"
}

# Runs a command, and shows the end of what it printed when it fails.
lab_logged() { # COMMAND...
  "$@" >"$lab_dir/bare.log" 2>&1 && return
  tail -n 20 "$lab_dir/bare.log" >&2
  lab_die "$* failed (above: the end of $lab_dir/bare.log)"
}

# Where this machine's apt has Debian 12 from.
lab_archive() {
  # shellcheck disable=SC2016 # apt's
  apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' |
    awk '$2 == "bookworm" && !found { print $1; found = 1 }'
}

# Runs a command in a bare root, in mount and pid namespaces of its own; with this machine's names
# and network, so that apt reaches its archive.
lab_in_bare() { # ROOT COMMAND...
  local root=$1
  shift
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # shellcheck disable=SC2016 # the inner shell's
  unshare --mount --pid --fork --kill-child --uts bash -c '
    mount -t proc proc "$1/proc"
    mount -t devtmpfs devtmpfs "$1/dev" 2>/dev/null || mount --rbind /dev "$1/dev"
    exec chroot "$@"' bash "$root" env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}

# A package again with another version, uncompressed, for xz takes its time on an emulated
# processor; with one more line in its configuration.
lab_package_as() { # PACKAGE VERSION FILE [LINE]
  local raw
  raw=$(mktemp -d)
  dpkg-deb --raw-extract "$1" "$raw"
  sed -i "s/^Version: .*/Version: $2/" "$raw/DEBIAN/control"
  [[ ! ${4:-} ]] || echo "$4" >>"$raw/etc/vpnagent/vpnagent.toml"
  chmod 755 "$raw"
  dpkg-deb --root-owner-group -Znone --build "$raw" "$3" >/dev/null
  rm -rf "$raw"
}
