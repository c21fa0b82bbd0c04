# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# firewalld on the gateway: as it comes it lets nothing of RSIP in, and rsipctl doctor says so; as
# nft-rules/examples/firewalld.sh sets it, a host with a lease and one behind NAT reach the public realm, and nobody from
# there reaches what is not leased.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"
. "$root/tests/lib/firewalld.sh"

gateway_start
web_server y 80
web_server n 8080
firewalld_start n
refused() { on "$1" timeout 5 "$build/rsipd/rsip" up --gateway "$2" --runtime-dir "$work/refused"; }
check_fails "as it comes: x1 gets no lease" refused x1 "$Na"
check_fails "doctor: something is in the way" on n "$build/rsipd/rsipctl" doctor

check "the example is set" sh "$root/nft-rules/examples/firewalld.sh"
check "the NAT example loads" on n nft -f "$root/nft-rules/examples/nat-beside-rsip.nft"
check "doctor: nothing is in the way" on n "$build/rsipd/rsipctl" doctor
capture_start wire y eth0
capture_start at_x3 x3 eth0
check "x1 gets a lease" host_up x1
check_equal "x1, with its lease" "hello from y" "$(fetch x1)"
check_equal "x3, through NAT" "hello from y" "$(on x3 curl -sS --max-time 10 "http://$Yb/")"
port=$(last_port x1)
on x1 socat "TCP4-LISTEN:$port,bind=$Nb,fork" SYSTEM:"echo hello from x1" &
wait_for 10 listening x1 "$port"
check_equal "y reaches a server of x1" "hello from x1" "$(on y timeout 10 socat -u "TCP4:$Nb:$port" -)"

ip -n y route add 10.0.0.0/24 via "$Nb"
check_fails "y does not reach a server of n" on y curl -s --max-time 3 "http://$Nb:8080/"
check_fails "nor rsipd" refused y "$Nb"
check_fails "nor a host on the private side" on y ping -q -c 1 -W 2 10.0.0.13
capture_stop wire
capture_stop at_x3
check_equal "x3 saw nothing of it" 0 "$(packets at_x3 "icmp")"
check_fails "n opened no connection" captured wire "src $Nb and tcp src port 8080 and tcp[tcpflags] & tcp-syn != 0"
check_equal "wire: nobody saw a private address" 0 "$(packets wire 'src net 10.0.0.0/8 and not arp')"
