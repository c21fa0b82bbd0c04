# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel: newer
# On a kernel with tables that are owned and outlive their owner (Linux 6.9), rsipd has them for itself without being told
# to: what others try is refused, and a host's traffic goes on through all of it, and through kill -9 and start of rsipd,
# which takes the tables over and puts right what others did meanwhile.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"
# shellcheck source=../../lib/esp.sh
. "$root/tests/lib/esp.sh"

# rules: all of ours, without what changes by itself
rules() { on n nft -s -t list table netdev rsip; on n nft -s -t list table ip rsip; }
# leased: the elements, without their times
leased() { bindings | sed 's/ timeout [0-9a-z]* expires [0-9a-z]*//; s/ timeout [0-9a-z]*//' | sort; }
# owned: how many of the two tables have an owner
owned() { on n nft -s -t list ruleset | grep -cx $'\tflags owner' || true; }
says_owned() { on n "$build/rsipd/rsipctl" status --json | jq .tables_owned; }
healed() { on n "$build/rsipd/rsipctl" metrics | sed -n 's/^rsipd_healed_total \([0-9]*\).*/\1/p'; }
# answers FILE: the numbers of the pings that were answered
answers() { sed -n 's/.* icmp_seq=\([0-9]*\) ttl.*/\1/p' "$1"; }
# lost FILE: pings that were not, up to the last that was, for another may be on its way
lost() { answers "$1" | awk '$1 > last { last = $1 } END { print last - NR }'; }

gateway_start
check "x1 gets a lease" host_up x1 --lease 600
esp_by_hand
check "x1 reaches y through IPsec" on x1 ping -q -c 1 -W 5 -I "$inner" "$service"
port=$(first_port x1)
rules=$(rules) leased=$(leased)
check_equal "rsipctl status: the tables are owned" true "$(says_owned)"
check_equal "the kernel says so" 2 "$(owned)" # nft 1.0.6 prints no word for the flag persist
check_equal "and that they are rsipd's" 2 "$(grep -c '^table .* # progname rsipd$' <<< "$rules")"

nsenter --net=/run/netns/x1 -- ping -i 0.05 -I "$Nb" "$Yb" > "$work/ping" &
pings=$!
nsenter --net=/run/netns/x1 -- ping -i 0.05 -I "$inner" "$service" > "$work/esp" &
esp_pings=$!

check "nft flush ruleset: no error" on n nft flush ruleset
check_equal "all is as it was" "$rules$leased" "$(rules)$(leased)"
for command in 'delete table netdev rsip' 'delete table ip rsip' 'flush table ip rsip' 'add chain ip rsip mine' \
  'insert rule ip rsip from_hosts drop' 'flush set ip rsip port_out' \
  "delete element netdev rsip port_in { $Nb . $port }" "add element netdev rsip port_in { $Nb . 7 : \"rsip1\" }"; do
  refused=$(on n nft "$command" 2>&1 || true)
  check "nft $command: not permitted" grep -q "Operation not permitted" <<< "$refused"
done
check_fails "a file that deletes our table is refused" on n nft -f - <<< $'add table inet other\ndelete table ip rsip'
check_fails "as a whole" on n nft list table inet other
check "one that flushes the ruleset and does not name ours is loaded" on n nft -f - \
  <<< $'flush ruleset\nadd table inet other\ndelete table inet other'
check_equal "all is as it was" "$rules$leased" "$(rules)$(leased)"
check_equal "there was nothing to mend" 0 "$(healed)"

check "x2 gets a lease" host_up x2 --lease 600
check "and gives it back" host_down x2

for round in 1 2; do
  gateway_stop KILL 2> /dev/null
  check_equal "the tables are there without rsipd" "$leased" "$(leased)"
  check_equal "and nobody's" 0 "$(owned)"
  # none of it in the way of pings, since nobody can mend that yet
  on n nft "add chain ip rsip mine; add chain netdev rsip mine; add rule ip rsip from_hosts_port tcp dport 7 drop"
  on n nft "add element netdev rsip port_in { $Nb . 7 timeout 1h : \"rsip1\" }"
  on n nft "delete element netdev rsip port_in { $Nb . $port }"
  gateway_start
  check_equal "start $round: all is as it was" "$rules" "$(rules)"
  check_equal "the elements, too" "$leased" "$(leased)"
  check_equal "the tables are owned" 2 "$(owned)"
  check_fails "nobody may delete them" on n nft delete table ip rsip
done
kill -INT "$pings" "$esp_pings"
wait "$pings" "$esp_pings" || true
check_equal "no ping is lost" 0 "$(lost "$work/ping")"
check_equal "none through ESP" 0 "$(lost "$work/esp")"
check "that is of more than 100" [ "$(answers "$work/ping" | wc -l)" -gt 100 -a "$(answers "$work/esp" | wc -l)" -gt 100 ]
seen "owned tables: pings lost, plain and through ESP, while others try and rsipd is killed twice" \
  "$(lost "$work/ping") and $(lost "$work/esp") of $(answers "$work/ping" | wc -l)"

# Those that had an owner can be used without.
gateway_stop KILL 2> /dev/null
gateway_start --own-tables off
check_equal "off: nobody's" 0 "$(owned)"
check_equal "rsipctl status says so" false "$(says_owned)"
as_before() { [ "$(leased)" = "$leased" ]; }
on n nft flush ruleset
check "what is flushed is mended within a second" wait_for 1 as_before
check "x1 reaches y" on x1 ping -q -c 1 -W 2 -I "$Nb" "$Yb"
