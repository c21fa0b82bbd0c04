#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# firewalld on a gateway that runs rsipd. Copy it, set the interfaces, run it once while firewalld runs: what it says is
# kept. No zone may masquerade (--add-masquerade), as firewalld would pick ports that are leased; for hosts without RSIP
# load nat-beside-rsip.nft beside it, which firewalld leaves alone.
set -eu
public=wan
private=lan

# Not what NetworkManager has connections for; there, set the zone of the connection.
firewall-cmd --permanent --zone=public --add-interface=$public
firewall-cmd --permanent --zone=internal --add-interface=$private

# Requests to rsipd, and the tunnels of the hosts (IP-IP is protocol 4, GRE 47), from the private side only.
firewall-cmd --permanent --zone=internal --add-port=4555/tcp --add-port=4555/udp
firewall-cmd --permanent --zone=internal --add-protocol=4 --add-protocol=47

# What comes out of the tunnels has been policed: its source address and port, or IPsec, are leased to the host behind
# the tunnel. Hosts without RSIP are let out as well.
firewall-cmd --permanent --new-zone=rsip
firewall-cmd --permanent --zone=rsip --add-interface=rsip+
firewall-cmd --permanent --new-policy=rsip-out
firewall-cmd --permanent --policy=rsip-out --add-ingress-zone=rsip --add-ingress-zone=internal
firewall-cmd --permanent --policy=rsip-out --add-egress-zone=public
firewall-cmd --permanent --policy=rsip-out --set-target=ACCEPT
firewall-cmd --reload
