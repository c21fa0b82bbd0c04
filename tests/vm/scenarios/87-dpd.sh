# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Dead peer detection (RFC 3706, RFC 7296 section 2.4) of two hosts with a peer: x1 with IKEv2 from a leased port, x2
# with IKEv1 from port 500. First the hosts probe and the peer goes away, then the peer probes and the hosts go away.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
check "x1 gets a lease, IKE on a leased port" host_up x1 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on port 500" host_up x2 --ports 0 --ike-port 500 --strongswan "$work/x2.snippet"

# IKEv2 gives up after its retransmissions, IKEv1 after dpd_timeout
for node in x1 x2 y; do
  cat >> "$work/$node.snippet" << END
charon {
  retransmit_timeout = 1.0
  retransmit_base = 1.0
  retransmit_tries = 4
}
END
done
inner() { echo "192.0.2.${1#x}"; }
version() { if [ "$1" = x1 ]; then echo 2; else echo 1; fi; }
probing="dpd_delay = 2s
    dpd_timeout = 6s"

# start_peer SETTINGS; start_host NODE SETTINGS
start_peer() {
  local node connections=()
  for node in x1 x2; do
    connections+=("$(of_peer $node $node "$(child tunnel "$service/32" "$(inner $node)/32" "dpd_action = clear")" \
      "version = $(version $node)
    $1")")
  done
  charon_start y "$(swanctl_conf "${connections[@]}")" "$work/y.snippet"
}
start_host() {
  charon_start "$1" "$(swanctl_conf "$(of_host "$1" \
    "$(child tunnel "$(inner "$1")/32" "$service/32" "dpd_action = restart")" "version = $(version "$1")
    $2")")" "$work/$1.snippet"
}
# die NODE: its daemon and its IPsec state, as if it lost its power
die() {
  kill -KILL "${charon_pid[$1]}"
  wait "${charon_pid[$1]}" || true
  ip -n "$1" xfrm state flush
  ip -n "$1" xfrm policy flush
}
ping_from() { on "$1" ping -q -c 3 -i 0.3 -W 5 -I "$(inner "$1")" "$service"; }
# established NODE CONNECTION
established() { swan "$1" --list-sas --ike "$2" | grep -q ESTABLISHED; }
gone() { ! established "$@"; }
established_again() { established "$1" y && ping_from "$1"; }
# requests SOURCE EXCHANGE FLAGS: IKE messages of this exchange type and with these of the flags response (0x20) and
# initiator (0x08)
requests() { packets wire "src $1 and udp and udp[26] = $2 and udp[27] & 0x28 = $3"; }

for node in x1 x2; do ip -n $node addr add "$(inner $node)/32" dev lo; done
before=$failures
start_peer ""
for node in x1 x2; do
  start_host $node "$probing"
  check "$node: its tunnel" initiate $node tunnel
done
capture_start wire n wan
sleep 8
check "wire: x1 probes y" test "$(requests "$Nb" 37 0x08)" -ge 2
check "wire: x2 probes y" test "$(requests "$Nb" 5 0)" -ge 2
check "wire: and y answers x1" test "$(requests "$Yb" 37 0x20)" -ge 2
check "wire: and x2" test "$(requests "$Yb" 5 0)" -ge 2
for node in x1 x2; do check "$node: its tunnel is still up" established_again $node; done
capture_stop wire
ip -n y link set eth0 down
for node in x1 x2; do check "$node notices that y is gone" wait_for 30 gone $node y; done
ip -n y link set eth0 up
for node in x1 x2; do check "$node: its tunnel is up again, by itself" wait_for 60 established_again $node; done
row "DPD by the host, IKEv2 from an assigned port and IKEv1 from port 500: dead peer noticed, restored" $((failures > before))

before=$failures
for node in x1 x2 y; do die $node; done
start_peer "$probing"
for node in x1 x2; do
  start_host $node ""
  check "$node: its tunnel" initiate $node tunnel
done
capture_start wire n wan
sleep 8
check "wire: y probes x1" test "$(requests "$Yb" 37 0)" -ge 2
check "wire: y probes x2" test "$(requests "$Yb" 5 0)" -ge 2
check "wire: and x1 answers" test "$(requests "$Nb" 37 0x28)" -ge 2
check "wire: and x2" test "$(requests "$Nb" 5 0)" -ge 2
for node in x1 x2; do check "$node: its tunnel is still up" established_again $node; done
for node in x1 x2; do die $node; done
for node in x1 x2; do check "y notices that $node is gone" wait_for 30 gone y $node; done
for node in x1 x2; do
  start_host $node ""
  check "$node: a new tunnel" initiate $node tunnel
  check "$node: which works" ping_from $node
done
row "DPD by the peer, IKEv2 to an assigned port and IKEv1 to port 500: dead host noticed, restored" $((failures > before))
