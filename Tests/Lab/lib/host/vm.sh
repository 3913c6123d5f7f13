# shellcheck shell=bash
# Boots the lab's kernel in QEMU with this machine's root shared by virtiofs, and runs the runner in
# it. The guest's console goes to a file, its second serial port is our stdout (and, for a shell,
# our stdin). qemu and virtiofsd are ended by pid whatever happens.

lab_boot_seconds=${LAB_BOOT_SECONDS:-180}
lab_vm_pids=()

lab_vm() { # RUNNER-ARGUMENT...
  local run=$lab_dir/results/.run
  lab_vm_dir=$(mktemp -d)
  trap lab_vm_end EXIT
  trap 'exit 130' INT TERM HUP
  rm -rf "$run"
  mkdir -p "$run"
  printf '%s\0' "$@" >"$run/arguments"
  export LAB_KERNEL=$lab_kernel
  declare -p LAB_KERNEL VPNAGENT "${!LAB_@}" | sort -u >"$run/environment"
  lab_note "booting $(basename "$lab_kernel") in QEMU"
  lab_start_virtiofsd
  if [[ ${LAB_TERMINAL:-} ]]; then
    (lab_qemu -chardev stdio,id=out,signal=off 2>"$lab_vm_dir/qemu" 9>&-) || true
  else
    lab_qemu -chardev stdio,id=out,signal=on </dev/null 2>"$lab_vm_dir/qemu" 9>&- &
    lab_vm_pids+=($!)
    lab_await_boot $! "$run/ready"
    wait $! || true
  fi
  [[ -s $run/status ]] || lab_vm_died "the virtual machine ended before its scenarios did"
  return "$(<"$run/status")"
}

lab_start_virtiofsd() {
  local program
  for program in /usr/lib/qemu/virtiofsd /usr/libexec/virtiofsd; do
    [[ -x $program ]] && break
  done
  [[ -x $program ]] || lab_die "no virtiofsd: is qemu-system-common installed?"
  "$program" --socket-path="$lab_vm_dir/root" -o source=/ -o cache=always -o sandbox=chroot \
    >"$lab_vm_dir/virtiofsd" 2>&1 </dev/null 9>&- &
  lab_vm_pids+=($!)
  local try
  for ((try = 0; try < 100; try++)); do
    [[ ! -S $lab_vm_dir/root ]] || return 0
    sleep 0.1
  done
  lab_die "virtiofsd did not start: $(tail -n 1 "$lab_vm_dir/virtiofsd")"
}

# Becomes qemu, so that the pid of the subshell that calls it is qemu's.
lab_qemu() { # CHARDEV-OPTION...
  local path
  path=$(printf %s "$lab_top" | base64 -w 0)
  exec qemu-system-x86_64 -accel "${LAB_ACCEL:-tcg,thread=multi}" -cpu max \
    -smp 2 -m 2G -object memory-backend-memfd,id=mem,size=2G,share=on -numa node,memdev=mem \
    -chardev "socket,id=c0,path=$lab_vm_dir/root" \
    -device vhost-user-fs-pci,queue-size=1024,chardev=c0,tag=root \
    -nic none -display none -monitor none -no-reboot \
    -serial "file:$lab_vm_dir/console" "$@" -serial chardev:out \
    -kernel "$lab_kernel/vmlinuz" -initrd "$lab_kernel/initramfs" \
    -append "console=ttyS0 panic=-1 quiet loglevel=4 cryptomgr.notests no_timer_check lab=$path"
}

lab_await_boot() { # QEMU-PID READY-FILE
  local deadline=$((SECONDS + lab_boot_seconds))
  until [[ -e $2 ]]; do
    kill -0 "$1" 2>/dev/null || lab_vm_died "the virtual machine stopped while booting"
    ((SECONDS < deadline)) || lab_vm_died "the virtual machine did not boot in $lab_boot_seconds s"
    sleep 0.2
  done
}

lab_vm_died() { # MESSAGE
  local log
  for log in virtiofsd qemu console; do
    [[ ! -s $lab_vm_dir/$log ]] || tail -n 30 "$lab_vm_dir/$log" >&2
  done
  lab_die "$1 (above: the end of its console)"
}

lab_vm_end() {
  local status=$?
  trap - EXIT
  kill "${lab_vm_pids[@]}" 2>/dev/null || true
  wait "${lab_vm_pids[@]}" 2>/dev/null || true
  rm -rf "$lab_vm_dir"
  exit "$status"
}
