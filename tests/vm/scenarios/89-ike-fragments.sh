# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IKE messages that are too large for one packet: split by IKE itself (RFC 7383; IKEv1's vendor extension), and by IP.
# x1 with IKE on a leased port, x2 on port 500; both at once, with IKEv2, then with IKEv1.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
check "x1 gets a lease, IKE on a leased port" host_up x1 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on port 500" host_up x2 --ports 0 --ike-port 500 --strongswan "$work/x2.snippet"
for node in x1 x2 y; do printf 'charon {\n  fragment_size = 256\n}\n' >> "$work/$node.snippet"; done

inner() { echo "192.0.2.${1#x}"; }
# An identity makes IKE_AUTH, and the third pair of main mode, long; charon takes up to 512 bytes.
long_id() { printf '%s.%0*d.example.org' "$1" "$2" 0; }
# peer_side NAME NODE SETTINGS, host_side NAME NODE SETTINGS
peer_side() {
  connection "$1" "$Yb" "$(long_id y 480)" %any "$(long_id "$1" 480)" "$(child tunnel "$service/32" "$(inner "$2")/32")" "$3"
}
host_side() {
  connection "$1" "$Nb" "$(long_id "$1" 480)" "$Yb" "$(long_id y 480)" "$(child "$1" "$(inner "$2")/32" "$service/32")" "$3"
}
# configure KIND: one kind at a time, because y cannot tell hosts with one address apart before it knows their names
configure() {
  local node peer=() fragmentation=no settings
  [ "${1%[12]}" != ike ] || fragmentation=force
  settings="version = ${1: -1}
    fragmentation = $fragmentation"
  for node in x1 x2; do
    swanctl_conf "$(host_side "$node-$1" "$node" "$settings")" > "$work/$node/swanctl.new"
    peer+=("$(peer_side "$node-$1" "$node" "$settings")")
  done
  swanctl_conf "${peer[@]}" > "$work/y/swanctl.new"
  for node in x1 x2 y; do
    cp "$work/$node/swanctl.new" "$work/$node/swanctl/swanctl.conf"
    check "$node: connections of $1" swan "$node" --load-conns
  done
}
for node in x1 x2 y; do charon_start $node "$(swanctl_conf)" "$work/$node.snippet"; done
for node in x1 x2; do ip -n $node addr add "$(inner $node)/32" dev lo; done
# small_links: with the least MTU that every host must be able to receive (RFC 791), an identity is enough for IP, too
small_links() {
  ip -n n link set wan mtu 576
  ip -n y link set eth0 mtu 576
  for node in x1 x2; do ip -n $node link set rsip0 mtu 576; done
}
ping_from() { on "$1" ping -q -c 3 -i 0.3 -W 5 -I "$(inner "$1")" "$service"; }
terminate() { swan "$1" --terminate --ike "$2"; }

# IKEv2's encrypted fragment is payload 53, IKEv1's fragment 132; the next payload is byte 16 of the IKE header.
declare -A fragments=([ike2]='udp[24] = 53' [ike1]='udp[24] = 132' [ip2]='ip[6:2] & 0x3fff != 0' [ip1]='ip[6:2] & 0x3fff != 0')
declare -A rows=([ike2]="IKE fragmentation (RFC 7383), IKEv2" [ike1]="IKE fragmentation, IKEv1"
  [ip2]="IKE in IP fragments, IKEv2" [ip1]="IKE in IP fragments, IKEv1")
for kind in ike2 ike1 ip2 ip1; do
  before=$failures
  configure $kind
  [ $kind != ip2 ] || small_links
  capture_start $kind n wan
  for node in x1 x2; do check "$node-$kind" initiate $node $node-$kind; done
  for node in x1 x2; do check "$node-$kind: ping" ping_from $node; done
  capture_stop $kind
  for source in "$Nb" "$Yb"; do
    check "wire: fragments from $source" test "$(packets $kind "src $source and ip proto 17 and ${fragments[$kind]}")" -ge 4
  done
  for node in x1 x2; do check "$node-$kind: ends" terminate $node $node-$kind; done
  row "${rows[$kind]}: assigned port and port 500 at once" $((failures > before))
done
