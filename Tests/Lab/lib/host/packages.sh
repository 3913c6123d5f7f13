# shellcheck shell=bash
# What the lab takes from Debian, and how it gets it: host tools are installed by apt, everything
# that runs inside the lab is only unpacked below .lab/. No IKE or routing daemon is ever installed
# on this machine, because installing one starts it.

# Installed on this machine when missing.
lab_host_packages=(iproute2)
lab_vm_packages=(qemu-system-x86 busybox-static kmod cpio)

# One root per row, laid over /usr inside a scenario. A scenario gets `tools` and `strongswan`,
# and any other that its line "# Roots: NAME..." asks for.
declare -A lab_roots=(
  [tools]="iproute2 nftables conntrack tcpdump gojq iputils-ping procps socat"
  [strongswan]="strongswan-charon strongswan-swanctl libstrongswan-standard-plugins
    libcharon-extra-plugins"
  [bird]="bird2"
  [frr]="frr"
  [networkd]="systemd"
  [keepalived]="keepalived"
  [libreswan]="libreswan"
  [prometheus]="prometheus"
)

# Roots of another suite of Debian's, with all that they need down to libc: not laid over /usr, a
# scenario's process is put into one by chroot (Tests/Lab/lib/verbs/island.sh).
declare -A lab_islands=(
  [charon6]="trixie base-files strongswan-charon strongswan-swanctl
    libstrongswan-standard-plugins"
)

lab_installed() { # PACKAGE
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# apt-get with these arguments; when it fails the package lists are refreshed once and it is retried.
lab_apt() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends
    -o DPkg::Lock::Timeout=300 -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0)
  "${apt[@]}" "$@" >"$lab_dir/apt.log" 2>&1 && return
  "${apt[@]}" update >>"$lab_dir/apt.log" 2>&1 || true
  "${apt[@]}" "$@" >>"$lab_dir/apt.log" 2>&1 && return
  tail -n 20 "$lab_dir/apt.log" >&2
  lab_die "apt-get $* failed (above: the end of $lab_dir/apt.log)"
}

lab_install() { # PACKAGE...
  local package missing=()
  for package; do
    lab_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  lab_note "installing ${missing[*]}"
  lab_apt install "${missing[@]}"
}

# Sets lab_root to the directory of a root, unpacking it first when it is not there. Packages that
# the machine has are left out, so the key covers the list of installed packages too.
lab_make_root() { # NAME
  local name=$1 key part packages
  [[ -v "lab_roots[$name]" ]] || lab_die "no root called $name in Tests/Lab/lib/host/packages.sh"
  key=$({ echo "${lab_roots[$name]}"; dpkg-query -W; } | sha256sum | cut -c 1-12)
  lab_root=root-$name-$key
  [[ ! -d $lab_dir/$lab_root ]] || return 0
  read -ra packages -d '' <<<"${lab_roots[$name]}" || true
  lab_note "unpacking ${packages[*]}"
  part=$(mktemp -d "$lab_dir/part.XXXXXX")
  mkdir -p "$part/debs/partial" "$part/root"
  lab_apt install --download-only -o Dir::Cache::archives="$part/debs" "${packages[@]}"
  lab_unpack "$part/debs" "$part/root"
  rm -rf "$lab_dir/root-$name-"*
  mv "$part/root" "$lab_dir/$lab_root"
  rm -rf "$part"
}

# Sets lab_root to the directory of an island, unpacking it first when it is not there. apt has lists,
# a cache and a status file of its own for it: nothing counts as installed.
lab_make_island() { # NAME
  local name=$1 key part suite site packages options
  read -ra packages -d '' <<<"${lab_islands[$name]}" || true
  suite=${packages[0]}
  packages=("${packages[@]:1}")
  key=$(sha256sum <<<"${lab_islands[$name]}" | cut -c 1-12)
  lab_root=island-$name-$key
  [[ ! -d $lab_dir/$lab_root ]] || return 0
  lab_note "unpacking ${packages[*]} of Debian $suite"
  # shellcheck disable=SC2016 # apt's own variable
  site=$(apt-get indextargets --format '$(SITE)' 'Label: Debian' 'Created-By: Packages' | head -n 1)
  [[ $site ]] || lab_die "no mirror of Debian's in apt's lists: try apt-get update"
  part=$(mktemp -d "$lab_dir/part.XXXXXX")
  mkdir -p "$part"/{lists/partial,debs/partial,root}
  touch "$part/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" \
    >"$part/sources.list"
  options=(-o Dir::Etc::SourceList="$part/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$part/lists" -o Dir::State::status="$part/status"
    -o Dir::Cache::archives="$part/debs" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o Acquire::Languages=none)
  lab_apt "${options[@]}" update
  lab_apt "${options[@]}" install --download-only "${packages[@]}"
  lab_unpack "$part/debs" "$part/root"
  mkdir -p "$part/root"/{run,dev,proc,var}
  # Some packages bring a directory of this name.
  rm -rf "$part/root/var/run"
  ln -s /run "$part/root/var/run"
  rm -rf "$lab_dir/island-$name-"*
  mv "$part/root" "$lab_dir/$lab_root"
  rm -rf "$part"
}

# Unpacks every .deb of a directory onto a merged /usr.
lab_unpack() { # DEBS ROOT
  local debs=$1 root=$2 deb sub
  for sub in bin sbin lib lib64; do
    mkdir -p "$root/usr/$sub"
    ln -s "usr/$sub" "$root/$sub"
  done
  for deb in "$debs"/*.deb; do
    [[ -e $deb ]] || continue
    dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$root"
  done
}
