# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# After `rsip down` both sides are as they were before `rsip up`: devices, addresses, rules, routes, elements.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

# state NODE: everything that a lease may change there, without what changes by itself
state() {
  ip -n "$1" -o link show | grep -v 'link/ipip 0.0.0.0' | sed 's/^[0-9]*: //'
  ip -n "$1" -o addr show | sed 's/^[0-9]*: //'
  ip -n "$1" rule show
  ip -n "$1" route show table all
  on "$1" nft -j list ruleset | jq -c '.nftables[] | del(.[].handle?) | select(.counter == null)'
  on "$1" nft list ruleset | grep -E 'elements' || true
}
same_as_before() { state "$1" | diff "$work/$1.before" -; }

gateway_start
host_up x1 && host_down x1 # loads the kernel modules, which bring devices such as tunl0
for node in x1 n; do state $node > "$work/$node.before"; done
for flags in "--tcp" "--udp --spis 0" "--ports 0 --ike-port 500" "--default-route"; do
  # shellcheck disable=SC2086 # several flags
  check "up $flags" host_up x1 $flags --strongswan "$work/snippet"
  check "the kernel of n knows x1" test "$(bindings_of 10.0.0.11 | wc -l)" -gt 0
  check "down" host_down x1
  check "x1 is as before" same_as_before x1
  check "n is as before" wait_for 5 same_as_before n
  check "the snippet is gone" test ! -e "$work/snippet"
  check_fails "status says that there is no lease" host_status x1
done
seen "after rsip down: elements, devices, rules and routes left on either side" "0"
