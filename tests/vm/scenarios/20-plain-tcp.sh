# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ordinary TCP clients of two hosts, within the ports that each has leased, from the same address; and a server of a
# host that the public realm reaches on a leased port. Neither is given the gateway's address: it is x1's router, and x2
# has a name for it.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
web_server y 80
capture_start wire y eth0
name_server x2 n.example.org "$Na"
host_gateway=()
check "x1 gets a lease of its router" host_up x1
host_gateway=(--gateway n.example.org)
check "x2 gets a lease of n.example.org" host_up x2
for node in x1 x2; do check_equal "$node: that is n" "$Na" "$(jq -r .gateway < "$work/$node/lease.json")"; done
status_of_up() {
  local status=0
  on "$1" timeout 60 "$build/rsipd/rsip" up --runtime-dir "$work/none" "${@:2}" > /dev/null 2>&1 || status=$?
  echo "$status"
}
check_equal "a name that is not there: no gateway" 4 "$(status_of_up x2 --device rsip1 --gateway nowhere.example.org)"
ip -n x3 route del default
check_equal "x3 has no router: no gateway" 4 "$(status_of_up x3)"
check_fails "nor a tunnel" ip -n x3 link show rsip0
for node in x1 x2; do
  check_equal "$node: curl from ports $(local_ports $node)" "hello from y" "$(fetch $node)"
  check "wire: it came from there" captured wire "src $Nb and tcp portrange $(local_ports $node)"
done

port=$(last_port x1)
on x1 socat "TCP4-LISTEN:$port,bind=$Nb,fork" SYSTEM:"echo hello from x1" &
wait_for 10 listening x1 "$port"
check_equal "y reaches a server of x1" "hello from x1" "$(on y timeout 10 socat -u "TCP4:$Nb:$port" -)"
capture_stop wire
check_equal "wire: nobody saw a private address" 0 "$(packets wire 'ip and net 10.0.0.0/8')"
seen "plain TCP: curl from x1 ($(local_ports x1)) and x2 ($(local_ports x2)), a server at x1" "works"
