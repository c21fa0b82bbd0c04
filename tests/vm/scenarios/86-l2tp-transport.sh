# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# L2TP/IPsec as remote access does it: two hosts with ESP in transport mode to one server, UDP port 1701 there. Behind
# a NAT the server sees two peers with the same address and port and mixes them up; here each has a leased port of its
# own as its source, and its traffic selectors name it (RFC 3104 appendix A). xl2tpd and pppd at all three.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"
. "$root/tests/lib/xl2tpd.sh"

gateway_start
capture_start wire n wan
check "x1 gets a lease, IKE on a leased port" host_up x1 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on port 500" host_up x2 --ike-port 500 --strongswan "$work/x2.snippet"

# unique = never: the hosts have an address in common, and here, as in a road warrior's configuration, an identity
charon_start y "$(swanctl_conf "$(of_peer l2tp %any "$(child l2tp "dynamic[udp/1701]" "dynamic[udp]" "mode = transport")" \
  "version = 1
    unique = never")")"

source_port() { last_port "$1"; }
for node in x1 x2; do
  l2tp=$(child l2tp "dynamic[udp/$(source_port $node)]" "dynamic[udp/1701]" "mode = transport")
  charon_start $node "$(swanctl_conf "$(connection y "$Nb" roadwarrior "$Yb" y "$l2tp" "version = 1")")" "$work/$node.snippet"
done

# link_of NODE: its address in the network that y gives addresses of
link_of() { ip -n "$1" -json addr show | jq -r '.[].addr_info[] | select(.local | startswith("192.0.2.")).local'; }
linked() { [ -n "$(link_of "$1")" ]; }
ping_y() { on "$1" ping -q -c 10 -i 0.2 -W 5 -I "$(link_of "$1")" 192.0.2.1; }
both_ping() {
  ping_y x1 & local first=$!
  ping_y x2 & local second=$!
  wait $first && wait $second
}
# leased_spi NODE: one among those of its lease that y sends to
leased_spi() {
  local spi
  for spi in $(on y ip xfrm state | awk '/proto esp/ { print $4 }'); do
    if [ $((spi)) -ge "$(first_spi "$1")" ] && [ $((spi)) -le "$(last_spi "$1")" ]; then echo "$spi"; return; fi
  done
}
errors() { on "$1" cat /proc/net/xfrm_stat | awk '/^XfrmIn/ { n += $2 } END { print n + 0 }'; }

before=$failures
for node in x1 x2; do check "$node: IKEv1, ESP transport mode for its UDP port" initiate $node l2tp; done
xl2tpd_start y "listen-addr = $Yb" $'[lns default]\nip range = 192.0.2.10-192.0.2.20\nlocal ip = 192.0.2.1'
wait_for 30 listening y 1701 u
for node in x1 x2; do
  xl2tpd_start $node "listen-addr = $Nb"$'\n'"port = $(source_port $node)" $'[lac y]\nlns = '"$Yb"$'\nautodial = yes'
done
for node in x1 x2; do check "$node: PPP over L2TP is up, with an address of y's" wait_for 60 linked $node; done
check "two addresses" test "$(link_of x1)" != "$(link_of x2)"
check "both ping y through it, at the same time" both_ping
check_equal "y: two pairs of ESP" 4 "$(on y ip xfrm state | grep -c 'proto esp')"
for node in x1 x2 y; do check_equal "$node: no packet failed its integrity check or had no SA" 0 "$(errors $node)"; done
# the first host's, once more: the second has not taken its place
check "x1 still does" ping_y x1
check_equal "wire: nothing in the clear, no encapsulation" 0 "$(packets wire 'ip and not proto 50 and not udp port 500')"
for node in x1 x2; do
  spi=$(leased_spi $node)
  check "wire: ESP to $node, SPI $spi" test "$(packets wire "dst $Nb and proto 50 and ip[20:4] = $spi")" -ge 10
done
row "L2TP/IPsec: two hosts to one server, ESP transport mode, UDP 1701" $((failures > before))
