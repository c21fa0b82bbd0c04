# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Remote flow policy (RFC 3103 section 7.2): x1 under macro, x2 under micro, x3 under none; y is two peers.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

other=198.51.100.3
ip -n y addr add "$other/24" dev eth0
gateway_start --remote-policy macro@10.0.0.11 --remote-policy micro@10.0.0.12 --remote-deny 198.51.100.4
web_server y 80
web_server y 81
capture_start wire n wan

check_fails "x1 must name its peer" host_up x1
check "which it is told" grep -q FLOW_POLICY_VIOLATION "$work/x1/up.log"
check_fails "not any peer will do" host_up x1 --remote 198.51.100.4
check "which it is told" grep -q REMOTE_ADDR_UNALLOWED "$work/x1/up.log"
check "x1 gets a lease for y" host_up x1 --remote "$Yb"
check_fails "x2 must name a port, too" host_up x2 --remote "$Yb"
check "which it is told" grep -q FLOW_POLICY_VIOLATION "$work/x2/up.log"
check "x2 gets a lease for port 80 of y" host_up x2 --remote "$Yb:80"
check "x3 gets a lease for any peer" host_up x3

# fetches NODE ADDRESS PORT
fetches() {
  on "$1" curl -sS --max-time 4 --interface "$Nb" --local-port "$(local_ports "$1")" "http://$2:$3/" |
    grep -q "hello from y"
}
check "x1 reaches y" fetches x1 "$Yb" 80
check "at any port" fetches x1 "$Yb" 81
check_fails "x1 does not reach the other peer" fetches x1 "$other" 80
check "x2 reaches port 80 of y" fetches x2 "$Yb" 80
check_fails "but no other port" fetches x2 "$Yb" 81
check_fails "nor the other peer" fetches x2 "$other" 80
check "x3 reaches everybody" fetches x3 "$other" 81
check_equal "n let nothing of it out" "0 0" "$(packets wire "src portrange $(local_ports x1) and dst $other") $(packets \
  wire "src portrange $(local_ports x2) and dst port 81")"

# inbound: from y's addresses and ports to the leased ports
# sent_into NODE: packets that have entered the tunnel to it
sent_into() { ip -n n -s -json link show "$(tunnel_of "10.0.0.1${1#x}")" | jq '.[].stats64.tx.packets'; }
# arrives NODE FROM FROM-PORT: whether a datagram from y reaches the tunnel of NODE
arrives() {
  local node=$1 before
  before=$(sent_into "$node")
  bytes feed | on y socat -u - "UDP4-SENDTO:$Nb:$(last_port "$node"),bind=$2:$3"
  entered() { [ "$(sent_into "$node")" -gt "$before" ]; }
  wait_for 2 entered
}
check "y reaches x1" arrives x1 "$Yb" 4000
check_fails "the other peer does not" arrives x1 "$other" 4000
check "port 80 of y reaches x2" arrives x2 "$Yb" 80
check_fails "another port does not" arrives x2 "$Yb" 4000
check_fails "nor the other peer" arrives x2 "$other" 80
check "everybody reaches x3" arrives x3 "$other" 4000
check "the restricted leases are in maps of their own" test -n "$(elements ip port_in_macro)" -a -n "$(elements ip port_in_micro)"
for node in x1 x2 x3; do check "$node down" host_down "$node"; done
check "nothing is left" wait_for 5 no_bindings
seen "remote policy macro, micro, none" "only the named peers and ports, both ways"
