# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two unmodified strongSwan hosts share one public address towards one unmodified libreswan peer, at the same time:
# x1 with IKEv2 from a leased port, x2 with IKEv1 from port 500. Each has a tunnel for an address of its own, and TCP
# in transport mode from a leased port, which is what tells the two apart there (RFC 3104 appendix A).
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
capture_start wire n wan
web_server y 80
check "x1 gets a lease, IKE on a leased port" host_up x1 --strongswan "$work/x1.snippet"
check "x2 gets a lease, IKE on port 500" host_up x2 --ike-port 500 --strongswan "$work/x2.snippet"

# inner NODE: the address behind it that its tunnel is for; web_port NODE: the leased port that it uses in transport mode
inner() { echo "192.0.2.${1#x}"; }
web_port() { last_port "$1"; }

# peer_of NODE IKEV2
peer_of() {
  cat << END
conn $1-tunnel
  rightid=@$1
  ikev2=$2
  leftsubnet=$service/32
  leftsourceip=$service
  rightsubnet=$(inner "$1")/32
conn $1-transport
  rightid=@$1
  ikev2=$2
  type=transport
  leftprotoport=tcp/80
  rightprotoport=tcp/$(web_port "$1")
END
}
pluto_start y "conn %default
  left=$Yb
  leftid=@y
  right=$Nb
  authby=secret
  pfs=no
$(peer_of x1 insist)
$(peer_of x2 never)"

children() {
  child tunnel "$(inner "$1")/32" "$service/32"
  child transport "dynamic[tcp/$(web_port "$1")]" "dynamic[tcp/80]" "mode = transport"
}
for node in x1 x2; do ip -n $node addr add "$(inner $node)/32" dev lo; done
charon_start x1 "$(swanctl_conf "$(of_host x1 "$(children x1)")")" "$work/x1.snippet"
charon_start x2 "$(swanctl_conf "$(of_host x2 "$(children x2)" "version = 1")")" "$work/x2.snippet"

web_through_tunnel() { on "$1" curl -sS --max-time 20 --interface "$(inner "$1")" "http://$service/" | grep -q "hello from y"; }
web_in_transport() {
  on "$1" curl -sS --max-time 20 --interface "$Nb" --local-port "$(web_port "$1")" "http://$Yb/" | grep -q "hello from y"
}
ping_through_tunnel() { on "$1" ping -q -c 5 -i 0.2 -W 5 -I "$(inner "$1")" "$service"; }
# y_ready CHILD: the responder of an IKEv1 quick mode is ready only some time after the initiator
y_ready() { [ "$(whack y --trafficstatus | grep -c -- "-$1\"")" = 2 ]; }
# both COMMAND...: at the same time for x1 and x2
both() {
  "$@" x1 & local first=$!
  "$@" x2 & local second=$!
  wait $first && wait $second
}

before=$failures
for node in x1 x2; do check "$node: ESP tunnel" initiate $node tunnel; done
check "y has both" wait_for 60 y_ready tunnel
check "both ping through their tunnels" both ping_through_tunnel
check "both fetch through their tunnels" both web_through_tunnel
row "libreswan peer, strongSwan hosts with IKEv2 and IKEv1 at once: ESP tunnel" $((failures > before))

before=$failures
for node in x1 x2; do check "$node: ESP transport" initiate $node transport; done
check "y has both" wait_for 60 y_ready transport
check "both fetch in transport mode" both web_in_transport
check_equal "wire: none of it in the clear" 0 "$(packets wire tcp)"
row "libreswan peer, strongSwan hosts with IKEv2 and IKEv1 at once: ESP transport" $((failures > before))

y_encapsulates() { on y ip xfrm state | grep encap; }
check_fails "y: no UDP encapsulation" y_encapsulates
check_equal "y: four pairs of ESP" 8 "$(on y ip xfrm state | grep -c 'proto esp')"
capture_stop wire
check_equal "wire: nothing but ESP and IKE" 0 "$(packets wire 'ip and not proto 50 and not udp port 500')"
check_equal "wire: no UDP 4500" 0 "$(packets wire 'udp port 4500')"
