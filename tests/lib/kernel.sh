# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Does the running kernel have what the scenarios take? Finds out by doing it, in a network namespace of its own,
# which makes the kernel load its modules as well.

# Run by kernel_lacks inside the namespace: prints the first thing that cannot be done.
kernel_probe() {
  local key=0x000102030405060708090a0b0c0d0e0f
  local sha256=("hmac(sha256)" "$key$(printf %032d 0)" 128)
  local esp=(proto esp spi 0x1000 mode tunnel enc "cbc(aes)" "$key" auth-trunc "${sha256[@]}")
  local ah=(proto ah spi 0x1000 mode transport auth-trunc "${sha256[@]}")
  try() { local what=$1; shift; "$@" > /dev/null 2>&1 || { echo "$what"; exit 1; }; }
  try "veth devices" ip link add v0 type veth peer name v1
  try "bridge devices" ip link add b0 type bridge
  try "ipip tunnels" ip link add t0 type ipip local 192.0.2.1 remote 192.0.2.2
  try "ESP with AES-CBC and SHA-256" ip xfrm state add src 192.0.2.1 dst 192.0.2.2 "${esp[@]}"
  try "AH with SHA-256" ip xfrm state add src 192.0.2.1 dst 192.0.2.2 "${ah[@]}"
  try "nftables fwd, dup, queue, log, limit, ct, notrack, masquerade, numgen" nft -f - << 'END'
table netdev probe {
  chain c {
    type filter hook ingress device v0 priority 0
    fwd ip to 192.0.2.2 device v1
  }
}
table ip probe {
  chain c {
    type filter hook prerouting priority raw
    ct state established notrack accept
    udp dport 1 dup to 192.0.2.2 device v1
    udp dport 2 queue num 1
    limit rate 1/second log group 1
    numgen inc mod 2 0 drop
  }
  chain n { type nat hook postrouting priority srcnat; oifname v0 masquerade; }
}
END
}

# Prints what is missing and succeeds, or fails when nothing is.
kernel_lacks() {
  local lib missing
  lib=$(dirname "${BASH_SOURCE[0]}")
  missing=$("$lib/isolate" bash -c ". '$lib/kernel.sh'; kernel_probe" 2>&1) && return 1
  echo "${missing:-namespaces}"
}
