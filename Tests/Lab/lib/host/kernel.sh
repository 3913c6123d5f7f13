# shellcheck shell=bash
# The lab's kernel: Debian's stock cloud kernel, downloaded and unpacked but never installed, and an
# initramfs just large enough to mount this machine's root by virtiofs. Cached below .lab/, keyed by
# kernel version and by this recipe.

lab_boot_modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci fuse
  virtiofs)

# Sets lab_kernel to the directory that holds vmlinuz, initramfs and lib/modules.
lab_make_kernel() {
  local recipe part package version cached
  [[ $(uname -m) == x86_64 ]] || lab_die "the lab's virtual machine is x86_64 only, this is $(uname -m)"
  recipe=$(cat "$lab_lib/host/kernel.sh" "$lab_lib/guest/initramfs.sh" | sha256sum | cut -c 1-8)
  for cached in "$lab_dir"/kernel-*-"$recipe"; do
    [[ -d $cached ]] && lab_kernel=$cached && return
  done
  package=$(lab_kernel_package)
  [[ $package ]] || { lab_apt update && package=$(lab_kernel_package); }
  [[ $package ]] || lab_die "apt knows no linux-image-cloud-amd64"
  lab_note "unpacking $package"
  part=$(mktemp -d "$lab_dir/part.XXXXXX")
  (cd "$part" && lab_apt download "$package")
  dpkg-deb -x "$part"/*.deb "$part/unpacked"
  version=$(basename "$part"/unpacked/lib/modules/*)
  mkdir -p "$part/kernel/lib/modules"
  mv "$part/unpacked/boot/vmlinuz-$version" "$part/kernel/vmlinuz"
  mv "$part/unpacked/lib/modules/$version" "$part/kernel/lib/modules/"
  depmod -b "$part/kernel" "$version"
  lab_make_initramfs "$part/kernel" "$version" "$part/initramfs"
  rm -rf "$lab_dir"/kernel-*
  lab_kernel=$lab_dir/kernel-$version-$recipe
  mv "$part/kernel" "$lab_kernel"
  rm -rf "$part"
}

lab_kernel_package() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null |
    awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }'
}

lab_make_initramfs() { # KERNEL-DIRECTORY VERSION WORK-DIRECTORY
  local kernel=$1 version=$2 work=$3 module path
  mkdir -p "$work"/{bin,proc,dev,root}
  cp "$(command -v busybox)" "$work/bin/busybox"
  cp "$lab_lib/guest/initramfs.sh" "$work/init"
  chmod 755 "$work/init"
  for module in "${lab_boot_modules[@]}"; do
    path=$(find "$kernel/lib/modules/$version" -name "$module.ko")
    [[ $path ]] || lab_die "$version has no module $module"
    cp "$path" "$work/"
    echo "/$module.ko" >>"$work/modules"
  done
  (cd "$work" && find . | cpio --quiet -o -H newc) | gzip -1 >"$kernel/initramfs"
}
