# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rsipd as an ordinary user with CAP_NET_ADMIN alone, and rsip with no other capability, under their filters of system
# calls: whatever they do for hosts, the kernel still lets them.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

# status_of PID FIELD: of /proc/PID/status
status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

# confined WHO PID: what every confined program of ours has
confined() {
  local set
  for set in CapEff CapPrm; do check_equal "$1: $set is CAP_NET_ADMIN" 0000000000001000 "$(status_of "$2" $set)"; done
  for set in CapInh CapBnd CapAmb; do check_equal "$1: $set is empty" 0000000000000000 "$(status_of "$2" $set)"; done
  check_equal "$1: no new privileges" 1 "$(status_of "$2" NoNewPrivs)"
  check_equal "$1: a filter of system calls" 2 "$(status_of "$2" Seccomp)"
}

whole=198.51.100.17
chmod 755 "$work"
gateway_start --user nobody --control "$work/control/socket" --control-group daemon --exclusive-pool "$whole" --tunnel ipip,gre --on-exit remove
confined rsipd "$rsipd_pid"
nobody=$(id -u nobody)
check_equal "rsipd: all its user IDs are nobody's" "$nobody $nobody $nobody $nobody" "$(status_of "$rsipd_pid" Uid | tr '\t' ' ')"
check_equal "rsipd: no group of root's" "$(id -G nobody)" "$(status_of "$rsipd_pid" Groups | sed 's/ *$//')"

check_equal "the control socket is for a group, though nobody is not in it" "660 daemon" \
  "$(stat --format '%a %G' "$work/control/socket")"

web_server y 80
check "x1 gets a lease over TCP" host_up x1 --tcp
check "x1 speaks TCP to y" fetch x1
check "x2 follows SAs" host_up x2 --udp --follow-sas --ports 0 --ike-port 500
check "x3 gets a whole address through GRE" host_up x3 --method rsa-ip --tunnel gre
check "y pings x3, for whose address n answers on the link" on y ping -q -c 1 -W 5 "$whole"
rsip_pid=$(host_status x2 | jq .pid)
confined rsip "$rsip_pid"

ip -n x2 xfrm state add src "$Yb" dst "$Nb" proto esp spi 0xc0000202 mode transport \
  enc "cbc(aes)" 0x000102030405060708090a0b0c0d0e0f
steered() { elements netdev spi_in | grep -q " $((0xc0000202)) .*10\.0\.0\.12"; }
check "the SPI of x2's new SA is leased, after a look at n's own" wait_for 10 steered
send_udp x2 500 500 "$(ike_header 5a5a5a5a00000001)"
has_cookie() { elements netdev cookie_in | grep -q "$(tunnel_of 10.0.0.12)"; }
check "a first IKE packet has its verdict from rsipd" wait_for 10 has_cookie
capture_start lan n lan
ip -n x1 route add "$Yb" dev rsip0
send_udp x1 1024 9 feed
told() { captured lan "tcp src port 4555 and dst 10.0.0.11 and tcp[((tcp[12] & 0xf0) >> 2) + 1] == 1"; }
check "x1 is told of a packet that was dropped" wait_for 10 told

check "the operator revokes x3" on n "$build/rsipd/rsipctl" revoke --control "$work/control/socket" 10.0.0.13
down() { ! ip -n "$1" link show rsip0; }
check "x3 takes its device down" wait_for 10 down x3
check "x2 goes down" host_down x2
gateway_stop
check_equal "n stops" 0 "$rsipd_status"
check_fails "no table of ours is left" bash -c 'nsenter --net=/run/netns/n nft list tables | grep -w rsip'
check_equal "no tunnel is left" "" "$(tunnels)"
check "x1 takes its device down" wait_for 10 down x1
check_equal "rsipd has removed its control socket" "" "$(ls "$work/control")"
