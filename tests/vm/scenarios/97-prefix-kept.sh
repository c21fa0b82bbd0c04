# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A gateway that has lost all it knew is there again: hosts register anew and suggest the cookie prefixes that they had,
# and get them. So what their IKE daemons know nothing of goes on: SAs from before, and rekeying by the peer, whose new
# SA only the prefix in the responder cookie leads to its host.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
for node in x1 x2; do
  check "$node gets a lease, IKE on port 500 with a prefix" \
    host_up $node --ports 0 --ike-port prefix --strongswan "$work/$node.snippet"
done
inner() { echo "192.0.2.${1#x}"; }
peer_connections=()
for node in x1 x2; do
  peer_connections+=("$(of_peer $node $node "$(child $node "$service/32" "$(inner $node)/32")")")
done
charon_start y "$(swanctl_conf "${peer_connections[@]}")"
for node in x1 x2; do
  ip -n $node addr add "$(inner $node)/32" dev lo
  charon_start $node "$(swanctl_conf "$(of_host $node "$(child tunnel "$(inner $node)/32" "$service/32")")")" \
    "$work/$node.snippet"
done
# the same peer for both, so that it is not the only host that something is for
before=$failures
for node in x1 x2; do check "$node: its tunnel" initiate $node tunnel; done

# known NODE WHAT: what its rsip says that it has
known() { host_status "$1" | jq -c ".lease.$2"; }
declare -A client prefix spis sas
for node in x1 x2; do
  client[$node]=$(known $node client_id) prefix[$node]=$(known $node cookie_prefix) spis[$node]=$(known $node spis)
  sas[$node]="$(ike_spis $node y) $(child_spis $node tunnel)"
done
gateway_stop KILL
gateway_forgets
gateway_start
registered_anew() { [ "$(known "$1" client_id)" != "${client[$1]}" ]; }
for node in x1 x2; do
  check "$node registers anew" wait_for 30 registered_anew $node
  check_equal "$node has the prefix that it had" "${prefix[$node]}" "$(known $node cookie_prefix)"
  check_equal "$node has the SPIs that it had" "${spis[$node]}" "$(known $node spis)"
  check_equal "$node: its charon has gone on" "${sas[$node]}" "$(ike_spis $node y) $(child_spis $node tunnel)"
done
check "two prefixes" test "${prefix[x1]}" != "${prefix[x2]}"

ping_to_y() { on "$1" ping -q -c 5 -i 0.2 -W 5 -I "$(inner "$1")" "$service"; }
for node in x1 x2; do
  check "$node pings through the SAs from before" ping_to_y $node
  check "y rekeys its IKE SA with $node" rekey_ike y $node
  check "y rekeys its CHILD SA with $node" rekey_child y $node
  check "$node rekeys that IKE SA" rekey_ike $node y
  check "$node rekeys its CHILD SA" rekey_child $node tunnel
  check "$node pings" ping_to_y $node
  check_equal "$node has one IKE SA" 1 "$(ike_spis $node y | wc -l)"
done
check_equal "no cookie had to be tried" 0 "$(denied queued_cookie)"
check_equal "nothing from y was for nobody" 0 "$(denied unknown_cookie)"
row "cookie prefix kept over a gateway that lost its state: IKE and CHILD SAs go on, rekeyed by either side" $((failures > before))
