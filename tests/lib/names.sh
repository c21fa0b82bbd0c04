# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A name server of the realm's own.

# name_server NODE NAME ADDRESS [NAME ADDRESS]...: in NODE, which also asks it; it knows these names only. The machine's
# /etc/resolv.conf is covered for this run, which has mounts of its own (tests/lib/isolate).
name_server() {
  local node=$1 records=()
  shift
  while [ $# -gt 0 ]; do records+=("--host-record=$1,$2"); shift 2; done
  on "$node" dnsmasq --keep-in-foreground --user=root --conf-file=/dev/null --no-resolv --no-hosts --pid-file= \
    --bind-interfaces --listen-address=127.0.0.1 "${records[@]}" 2> "$work/dnsmasq.log" &
  echo "nameserver 127.0.0.1" > "$work/resolv.conf"
  mount --bind "$work/resolv.conf" /etc/resolv.conf
}
