# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody flushes the ruleset, deletes a table, an element or a rule, adds a rule of his own: within a second all is as
# it was, and traffic goes on.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"
# shellcheck source=../../lib/esp.sh
. "$root/tests/lib/esp.sh"

healed() { on n "$build/rsipd/rsipctl" metrics | sed -n 's/^rsipd_healed_total \([0-9]*\).*/\1/p'; }
# rules: all of ours, without what changes by itself
rules() { on n nft -s -t list table netdev rsip; on n nft -s -t list table ip rsip; }
reaches_y() { on x1 ping -q -c 1 -W 2 -I "$(lease x1 address)" "$Yb"; }
as_before() { [ "$(rules)" = "$rules" ] && [ "$(elements netdev port_in | wc -l)" = "$ports" ]; }

web_server y 80
gateway_start --own-tables off
check "x1 gets a lease" host_up x1 --lease 600
rules=$(rules) ports=$(elements netdev port_in | wc -l)
check_equal "x1 reaches y" "hello from y" "$(fetch x1)"

esp_by_hand
check "x1 reaches y through IPsec" on x1 ping -q -c 1 -W 5 -I "$inner" "$service"

received() { sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/$1.log"; }
on x1 ping -q -i 0.02 -c 200 -I "$(lease x1 address)" "$Yb" > "$work/ping.log" &
pings=$!
on x1 ping -q -i 0.02 -c 200 -I "$inner" "$service" > "$work/esp.log" &
esp_pings=$!
sleep 1
on n nft flush ruleset
check "nft flush ruleset is mended within a second" wait_for 1 as_before
wait "$pings" "$esp_pings" || true
lost=$((200 - $(received ping))) esp_lost=$((200 - $(received esp)))
check "of pings 20 ms apart at most 50 are lost" [ "$lost" -le 50 ]
check "of those through IPsec likewise" [ "$esp_lost" -le 50 ]
seen "nft flush ruleset: pings lost, of 50 a second" "$lost"
seen "nft flush ruleset: pings through IPsec lost, of 50 a second" "$esp_lost"

on n nft delete element netdev rsip port_in "{ 198.51.100.1 . $(first_port x1) }"
check "an element that is deleted comes back within a second" wait_for 1 as_before

for command in \
  'delete table netdev rsip' 'delete table ip rsip' 'flush set ip rsip port_out' 'flush chain ip rsip from_hosts_port' \
  'insert rule ip rsip from_hosts drop' 'add rule netdev rsip steer_ike drop' 'add chain ip rsip mine' \
  'add element netdev rsip port_in { 198.51.100.1 . 7 timeout 1h : "rsip1" }'; do
  on n nft "$command"
  check "nft $command" wait_for 1 as_before
  check "x1 reaches y" reaches_y
done
steered() { [ "$(elements netdev port_in | grep -c '"rsip1"')" = "$ports" ] && tunnels | grep -qx rsip1; }
on n ip link delete rsip1
check "a tunnel that is deleted comes back, and its elements lead to it" wait_for 2 steered
check "x1 reaches y" reaches_y
on n ip link set rsip1 down
check "a tunnel that is shut is up again" wait_for 2 reaches_y

before=$(healed)
on n nft 'add table inet other; add chain inet other c; add rule inet other c accept; delete table inet other'
sleep 1
check_equal "changes to other tables are nobody's business" "$before" "$(healed)"
check "the host's lease is what it was" host_status x1

# A host's request is there before rsipd has heard that the tables are gone.
refused() {
  on n "$build/rsipd/rsipctl" metrics | awk '/^rsipd_requests_total.*"INTERNAL_SERVER_ERROR"/ { n += $NF } END { print n + 0 }'
}
kill -STOP "$rsipd_pid"
on n nft flush ruleset
(sleep 1; kill -CONT "$rsipd_pid") &
check "a request that meets no tables is granted" host_up x2 --lease 600
check_equal "at once" 0 "$(refused)"
check "its ports lead to it" [ "$(bindings_of 10.0.0.12 | grep -c 'netdev port_in')" = 8 ]
ports=$((ports + 8))
check "the other host's come back" wait_for 2 as_before
