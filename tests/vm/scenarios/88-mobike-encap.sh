# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IKE that moves to port 4500: by MOBIKE (RFC 4555), which goes on there with native ESP, and with a peer that has
# forced UDP encapsulation (encap = yes), which takes ESP there, too. x1 has a leased port for each. x2 and x3 share ports
# 500 and 4500, where SPIs tell them apart, and for IKE x2's cookies and the prefix of x3's.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
web_server y 80
check "x1 gets a lease, IKE on leased ports" host_up x1 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on port 500" host_up x2 --ports 0 --ike-port 500 --strongswan "$work/x2.snippet"
check "x3 gets a lease, IKE on port 500 with a prefix" host_up x3 --ports 0 --ike-port prefix --strongswan "$work/x3.snippet"

inner() { echo "192.0.2.${1#x}"; }
# peer SETTINGS: y's swanctl.conf
peer() {
  local node connections=()
  for node in x1 x2 x3; do
    connections+=("$(of_peer $node $node "$(child tunnel "$service/32" "$(inner $node)/32")" "$1")")
  done
  swanctl_conf "${connections[@]}"
}
charon_start y "$(peer "mobike = yes")"
for node in x1 x2 x3; do
  ip -n $node addr add "$(inner $node)/32" dev lo
  tunnel=$(child tunnel "$(inner $node)/32" "$service/32")
  charon_start $node "$(swanctl_conf "$(of_host $node "$tunnel" "mobike = yes")")" "$work/$node.snippet"
done

ping_from() { on "$1" ping -q -c 5 -i 0.2 -W 5 -I "$(inner "$1")" "$service"; }
fetch_from() { on "$1" curl -sS --max-time 20 --interface "$(inner "$1")" "http://$service/" | grep -q "hello from y"; }
# all COMMAND...: at the same time for the three
all() {
  local node pids=()
  for node in x1 x2 x3; do "$@" $node & pids+=($!); done
  wait "${pids[0]}" && wait "${pids[1]}" && wait "${pids[2]}"
}
encapsulated() { on y ip xfrm state | grep -c encap || true; }
# IKE on port 4500 has a marker of four zero bytes in front, an ESP packet there its SPI
ike_marker='udp and udp[8:4] = 0' esp_marker='udp and udp[8:4] > 255'

# exercise WHAT: pings, TCP, and rekeying by both sides
exercise() {
  check "$1: all three ping" all ping_from
  check "$1: all three fetch" all fetch_from
  for node in x1 x2 x3; do
    check "$1: $node rekeys its IKE SA" rekey_ike $node y
    check "$1: $node rekeys its child" rekey_child $node tunnel
  done
  # the second time with cookies that y has chosen, which x2's are told apart by only if x2 is the only host of this peer
  for node in x1 x3 x1 x3; do check "$1: y rekeys its IKE SA with $node" rekey_ike y $node; done
  check "$1: all three ping then" all ping_from
}

before=$failures
capture_start mobike n wan
for node in x1 x2 x3; do check "MOBIKE: tunnel of $node" initiate $node tunnel; done
exercise MOBIKE
check_equal "MOBIKE: y does not encapsulate" 0 "$(encapsulated)"
capture_stop mobike
check "wire: IKE from x1's second port to 4500" captured mobike "src port $(($(first_port x1) + 1)) and dst port 4500 and $ike_marker"
check "wire: and back" captured mobike "dst port $(($(first_port x1) + 1)) and src port 4500 and $ike_marker"
check "wire: IKE from the shared port 4500 to 4500" captured mobike "src $Nb and src port 4500 and dst port 4500 and $ike_marker"
check "wire: and back" captured mobike "dst $Nb and src port 4500 and dst port 4500 and $ike_marker"
check "wire: native ESP" captured mobike "proto 50"
check_equal "wire: no ESP in UDP" 0 "$(packets mobike "port 4500 and $esp_marker")"
row "MOBIKE's float to 4500: assigned port, port 500 by trial and error and with prefix, at once" $((failures > before))

before=$failures
for node in x1 x2 x3; do check "$node ends its tunnel" swan $node --terminate --ike y; done
peer "mobike = yes
    encap = yes" > "$work/y/swanctl/swanctl.conf"
check "y is told to encapsulate" swan y --load-conns
capture_start encap n wan
for node in x1 x2 x3; do check "encap: tunnel of $node" initiate $node tunnel; done
exercise encap
check "encap: y encapsulates" test "$(encapsulated)" -ge 6
capture_stop encap
check "wire: ESP in UDP from x1's second port" captured encap "src port $(($(first_port x1) + 1)) and dst port 4500 and $esp_marker"
check "wire: and back" captured encap "dst port $(($(first_port x1) + 1)) and src port 4500 and $esp_marker"
check "wire: ESP in UDP from the shared port 4500" captured encap "src $Nb and src port 4500 and dst port 4500 and $esp_marker"
check "wire: and back" captured encap "dst $Nb and src port 4500 and dst port 4500 and $esp_marker"
check_equal "wire: no native ESP" 0 "$(packets encap "proto 50")"
row "encap = yes at the peer: ESP in UDP on an assigned port and on the shared port 4500, at once" $((failures > before))
