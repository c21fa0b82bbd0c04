# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IKE that a peer starts (RFC 3104 appendix G): x1 and x2 share an address and listen on its port 500, each for a peer
# of its own. What a third peer starts is for nobody.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

Y2=198.51.100.3 Y3=198.51.100.4
name_server n y2.example.org $Y2
gateway_start
for address in "$Y2" "$Y3"; do ip -n y addr add "$address/24" dev eth0; done
for node in x1 x2; do
  check "$node gets a lease, IKE on port 500" host_up $node --ports 0 --ike-port 500 --strongswan "$work/$node.snippet"
done
check "x1 listens for $Yb" host_listen x1 --ports 500 --remote "$Yb"
check "x2 listens for $Y2, by its name" host_listen x2 --ports 500 --remote y2.example.org
check_fails "x2 cannot listen for x1's peer" host_listen x2 --ports 500 --remote "$Yb"

inner() { echo "192.0.2.${1#x}"; }
# side NAME LOCAL LOCAL-ID REMOTE REMOTE-ID LOCAL-TS REMOTE-TS
side() { connection "${@:1:5}" "$(child "$1" "$6/32" "$7/32")"; }
charon_start y "$(swanctl_conf \
  "$(side x1 "$Yb" y "$Nb" x1 "$service" "$(inner x1)")" \
  "$(side x2 $Y2 y "$Nb" x2 "$service" "$(inner x2)")" \
  "$(side nobody $Y3 y "$Nb" x1 "$service" "$(inner x1)")")"
for node in x1 x2; do ip -n $node addr add "$(inner $node)/32" dev lo; done
charon_start x1 "$(swanctl_conf "$(side y "$Nb" x1 "$Yb,$Y3" y "$(inner x1)" "$service")")" "$work/x1.snippet"
charon_start x2 "$(swanctl_conf "$(side y "$Nb" x2 "$Y2,$Y3" y "$(inner x2)" "$service")")" "$work/x2.snippet"

ping_from_y() { on y ping -q -c 5 -i 0.2 -W 5 -I "$service" "$(inner "$1")"; }
ping_to_y() { on "$1" ping -q -c 5 -i 0.2 -W 5 -I "$(inner "$1")" "$service"; }
before=$failures
for node in x1 x2; do check "y starts IKE with $node" initiate y $node; done
for node in x1 x2; do check_equal "$node has exactly that SA" 1 "$(ike_spis $node y | wc -l)"; done
for node in x1 x2; do check "y pings $node" ping_from_y $node; done
for node in x1 x2; do check "$node pings y" ping_to_y $node; done
row "IKE started by the peer: two hosts listen for two peers on port 500 of one address" $((failures > before))

before=$failures
for node in x1 x2; do
  check "y rekeys its IKE SA with $node" rekey_ike y $node
  check "and the child" rekey_child y $node
  check "$node rekeys that IKE SA" rekey_ike $node y
  check "and the child" rekey_child $node y
  check "$node pings y" ping_to_y $node
done
row "IKE started by the peer: rekeyed by either side" $((failures > before))

# it gets no answer; x1 and x2 would give one
unknown=$(denied unknown_cookie)
check_fails "a third peer reaches nobody" swan y --initiate --child nobody --timeout 8
check "n counts what it sent" test "$(denied unknown_cookie)" -gt "$unknown"
check_equal "and neither host has another SA" "1 1" "$(ike_spis x1 y | wc -l) $(ike_spis x2 y | wc -l)"
