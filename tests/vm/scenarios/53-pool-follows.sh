# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --pool interface:wan: the public interface loses its address and gets it back, and then gets another: hosts are told
# that what they had is over, and get leases of the new address. So it is where it changes while rsipd does not run.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

new=198.51.100.77
# shellcheck disable=SC2034 # read by gateway_start
gateway_pool=interface:wan
pool() { on n "$build/rsipd/rsipctl" pools --json | jq -r '.[0].address'; }
pool_is() { [ "$(pool)" = "$1" ]; }
gone() { [ -z "$(bindings_of "$1")" ]; }
none_of() { ! bindings | grep -F "$1"; }
moved() { host_status "$1" > "$work/$1/lease.json" && [ "$(lease "$1" address)" = "$2" ]; }
down() { ! ip -n "$1" link show rsip0; }
refused() { ! host_assign x1 --ports 2 --spis 0 && grep -q LOCAL_ADDR_UNAVAILABLE "$work/x1/assign.log"; }

web_server y 80
gateway_start
check "x1 gets a lease" host_up x1 --lease 600 --tcp
check_equal "of the interface's address" "$Nb" "$(lease x1 address)"
check_equal "x1 reaches y" "hello from y" "$(fetch x1)"

ip -n n addr del "$Nb/24" dev wan
check "while there is none, nothing is leased" wait_for 5 refused
check "what x1 has it keeps" host_status x1
check_equal "in the kernel, too" 8 "$(bindings_of 10.0.0.11 | grep -c 'netdev port_in')"
ip -n n addr add "$Nb/24" dev wan
check "x1 reaches y when it is back" wait_for 5 fetch x1
check "and may have more" wait_for 5 host_assign x1 --ports 2 --spis 0

ip -n n addr add "$new/24" dev wan
ip -n n addr del "$Nb/24" dev wan
ip -n n addr replace "$new/24" dev wan
check "the pool has the new address" wait_for 10 pool_is "$new"
check "nothing of x1 is left at the former one" wait_for 5 gone 10.0.0.11
check "x1 is told" wait_for 10 down x1
check "x2 gets a lease" host_up x2 --lease 600
check_equal "of the new address" "$new" "$(lease x2 address)"
check "x2 reaches y" wait_for 5 fetch x2 --interface "$new"

check "x2 holds several ports" host_assign x2 --ports 4 --spis 0
gateway_stop KILL 2> /dev/null
ip -n n addr add "$Nb/24" dev wan
ip -n n addr del "$new/24" dev wan
ip -n n addr replace "$Nb/24" dev wan
gateway_start
check "a start finds that the address has changed meanwhile" pool_is "$Nb"
check "nothing is left at the former one" none_of "$new"
check "x2 notices and has a lease of the present one" wait_for 10 moved x2 "$Nb"
check "x2 reaches y" wait_for 5 fetch x2 --interface "$Nb"
check "leases and kernel agree" on n "$build/rsipd/rsipctl" diff
