# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A whole Debian with systemd as its first process, in the network namespace n: sourced by installed.sh.

# machine_start ROOT [NSPAWN-FLAG...]: boots what is in the directory ROOT, which stays as it is: what is written goes
# to memory. Returns when its services have started.
machine_start() {
  local root=$1
  shift
  mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
  systemd-nspawn --quiet --directory="$root" --volatile=overlay --register=no --keep-unit --capability=all \
    --network-namespace-path=/run/netns/n --bind=/run/netns "$@" --console=pipe --boot systemd.show_status=no \
    < /dev/null > "$work/machine.log" 2>&1 &
  check "Debian boots" wait_for 120 machine_is_up
}

# machine: the process ID of its systemd
machine() { ps -o pid= -C systemd | head -n 1 | tr -d ' '; }

machine_is_up() { [ -n "$(machine)" ] && inside systemctl is-active --quiet multi-user.target; }

# inside COMMAND [ARG...]: in the machine, as root
inside() { nsenter --target "$(machine)" --all -- "$@"; }
