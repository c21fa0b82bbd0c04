# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The gateway is an IPsec endpoint itself, with strongSwan on the address that hosts share: its IKE on port 500 with y's
# second address is its own (--own-ike). At the same time hosts behind it have IPsec on that address: x1 with IKE from
# port 500, with y's first address; x2 with IKE from a leased port, with the very address that n has IPsec with.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

Y2=198.51.100.3
ip -n y addr add $Y2/24 dev eth0
gateway_start --own-ike $Y2/32
check "x1 gets a lease, IKE on port 500" host_up x1 --ports 0 --ike-port 500 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on a leased port" host_up x2 --strongswan "$work/x2.snippet"

declare -A inner=([n]=192.0.2.9 [x1]=192.0.2.1 [x2]=192.0.2.2) peer=([n]=$Y2 [x1]=$Yb [x2]=$Y2)
peer_connections=()
for node in n x1 x2; do
  ip -n $node addr add "${inner[$node]}/32" dev lo
  peer_connections+=("$(connection $node "${peer[$node]}" y %any $node "$(child $node "$service/32" "${inner[$node]}/32")")")
done
charon_start y "$(swanctl_conf "${peer_connections[@]}")"
# n's charon has the SPIs that it always has
for node in n x1 x2; do
  snippet=()
  [ $node = n ] || snippet=("$work/$node.snippet")
  charon_start $node "$(swanctl_conf "$(connection y "$Nb" $node "${peer[$node]}" y \
    "$(child tunnel "${inner[$node]}/32" "$service/32")")")" "${snippet[@]}"
done

# all COMMAND...: at the same time for the three
all() {
  local node pids=()
  for node in n x1 x2; do "$@" $node & pids+=($!); done
  wait "${pids[0]}" && wait "${pids[1]}" && wait "${pids[2]}"
}
ping_to_y() { on "$1" ping -q -c 5 -i 0.2 -W 5 -I "${inner[$1]}" "$service"; }
ping_from_y() { on y ping -q -c 5 -i 0.2 -W 5 -I "$service" "${inner[$1]}"; }

capture_start wire n wan
before=$failures
check "n starts IKE with y" initiate n tunnel
for node in x1 x2; do check "$node starts IKE with y" initiate $node tunnel; done
check "all three ping y at once" all ping_to_y
check "y pings all three at once" all ping_from_y
row "the gateway's own IKE and ESP (--own-ike), beside those of hosts on its address, one with the same peer" $((failures > before))

before=$failures
on n ping -q -i 0.25 -c 60 -W 10 -I "${inner[n]}" "$service" > "$work/n.ping" & ping_n=$!
on x1 ping -q -i 0.25 -c 60 -W 10 -I "${inner[x1]}" "$service" > "$work/x1.ping" & ping_x1=$!
check "y rekeys its IKE SA with n" rekey_ike y n
check "n rekeys its IKE SA" rekey_ike n y
check "y rekeys its CHILD SA with n" rekey_child y n
check "x1 rekeys its IKE SA" rekey_ike x1 y
wait $ping_n $ping_x1 || true
for node in n x1; do check "$node: no ping of 60 is lost" grep -q "60 received" "$work/$node.ping"; done
for node in x1 x2; do check "$node has exactly one IKE SA" test "$(ike_spis $node y | wc -l)" = 1; done
row "the gateway's own IKE and ESP (--own-ike): rekeyed by either side, no ping lost, its own or a host's" $((failures > before))

# the other way round: without --own-ike y's messages are for hosts alone
check "n ends its IKE" swan n --terminate --ike y
swan y --terminate --ike n > "$work/y/terminate.log" 2>&1 || true
gateway_stop
gateway_start
unknown=$(denied unknown_cookie)
check_fails "not its own any more: n gets no answer" swan n --initiate --child tunnel --timeout 8
check "n counts what it drops" test "$(denied unknown_cookie)" -gt "$unknown"
capture_stop wire
# the kernel shows what n has decrypted once more
check_equal "wire: nothing but ESP and IKE" 0 \
  "$(packets wire "ip and not proto 50 and not udp port 500 and not (icmp and src $service and dst ${inner[n]})")"
