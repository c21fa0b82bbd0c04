# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The network of every scenario, each node a network namespace:
#
#   x1 10.0.0.11 --+
#   x2 10.0.0.12 --+-- lan 10.0.0.1 [ n ] 198.51.100.1 wan ------ 198.51.100.2 y 203.0.113.1
#   x3 10.0.0.13 --+
#
# n is set up as the administrator of an ordinary router would; y knows nothing of n but its address on the wire.
Na=10.0.0.1 Nb=198.51.100.1 Yb=198.51.100.2
service=203.0.113.1 # an address of y that is reached through IPsec tunnels only

# on NODE COMMAND [ARG...]
on() { nsenter --net="/run/netns/$1" -- "${@:2}"; }

# batch NODE < COMMANDS: ip commands in one process, which under emulation takes a fraction of the time
batch() { ip -n "$1" -batch -; }

topology() {
  local node i
  for node in x1 x2 x3 n y; do ip netns add "$node"; done
  batch n << END
link set lo up
link add lan type bridge
addr add $Na/24 dev lan
link set lan up
link add wan type veth peer name eth0 netns y
addr add $Nb/24 dev wan
link set wan up
link add lan1 type veth peer name eth0 netns x1
link add lan2 type veth peer name eth0 netns x2
link add lan3 type veth peer name eth0 netns x3
link set lan1 master lan up
link set lan2 master lan up
link set lan3 master lan up
END
  for i in 1 2 3; do
    batch "x$i" << END
link set lo up
addr add 10.0.0.1$i/24 dev eth0
link set eth0 up
route add default via $Na
END
  done
  batch y << END
link set lo up
addr add $Yb/24 dev eth0
addr add $service/32 dev lo
link set eth0 up
END
  on n sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_local_reserved_ports=20000-59999
}

# far_node: z, behind y, which becomes a router on the way; y takes no packet for z that is larger than $far_mtu.
Zb=192.0.2.2 far_mtu=1300
far_node() {
  ip netns add z
  batch y << END
link add eth1 type veth peer name eth0 netns z
addr add 192.0.2.1/24 dev eth1
link set eth1 up
route add $Zb/32 dev eth1 mtu $far_mtu
END
  batch z << END
link set lo up
addr add $Zb/24 dev eth0
link set eth0 up
route add default via 192.0.2.1
END
  ip -n n route add 192.0.2.0/24 via "$Yb"
  on y sysctl -qw net.ipv4.ip_forward=1
}
