# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What rsipctl tells an operator about hosts that are there, and what he can do about them.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

ctl() { on n timeout 20 "$build/rsipd/rsipctl" "$@"; }
# value JQ-FILTER COMMAND...: what it says in JSON.
value() { ctl "${@:2}" --json | jq -rc "$1"; }

# A gateway that mends its tables would leave nothing to see.
unhealed=(--own-tables off)
if grep -q -e '--heal ' <<< "$("$build/rsipd/rsipd" --help)"; then unhealed+=(--heal off); fi
gateway_start "${unhealed[@]}" --exclusive-pool 198.51.100.17 --remote-policy macro@10.0.0.13/32 --metrics 127.0.0.1:9455 --metrics-file "$work/rsipd.prom"
web_server y 80
on n "$build/rsipd/rsipctl" watch > "$work/watch.json" 2> "$work/watch.log" &
watching() { grep -q watching "$work/watch.json"; }
check "somebody watches" wait_for 5 watching
check_equal "no hosts yet" "[]" "$(value . hosts)"
check "x1 gets a lease" host_up x1
check "x2 gets a lease" host_up x2 --ike-port prefix
fetch x1 > /dev/null

check_equal "status: hosts and bindings" "2 2 false" "$(value '"\(.hosts) \(.bindings) \(.draining)"' status)"
check_equal "hosts: both" "10.0.0.11 10.0.0.12" "$(value '[.[].host] | join(" ")' hosts)"
# left_of HOST-NUMBER: seconds that its lease lasts, by all who tell of it, rsip first
left_of() {
  on "x$1" "$build/rsipd/rsip" status --runtime-dir "$work/x$1/run" | sed -n 's/.* lease \([0-9]*\) s .*/\1/p'
  value ".[] | select(.host == \"10.0.0.1$1\").expires" bindings
  value .expires show "10.0.0.1$1" 1
  value ".[] | select(.host == \"10.0.0.1$1\").expires" bindings --kernel
}
for i in 1 2; do
  left=$(left_of $i)
  check_equal "x$i's lease lasts as long for rsip status, rsipctl bindings, show and the kernel, within 10 s: ${left//$'\n'/ }" "4 true" \
    "$(jq -rs '"\(length) \((max - min) <= 10)"' <<< "$left")"
done
check "hosts: x1's packets are counted both ways" test "$(value '.[0].tunnels[0] | [.from_host, .to_host]
  | all(.packets > 3 and .bytes > 200)' hosts)" = true
check_equal "hosts: x2 has sent nothing" 0 "$(value '.[1].tunnels[0].from_host.bytes' hosts)"
same='sort_by(.host) | map({host, bind, address, device, ports, spis})'
check_equal "bindings: as the kernel has them" "$(value "$same" bindings --kernel)" "$(value "$same" bindings)"
check_equal "show: one of them" "$(value '.[1] | del(.expires)' bindings)" "$(value 'del(.expires)' show 10.0.0.12 1)"
check_fails "show: none such" ctl show 10.0.0.12 7
check_equal "pools: what x1 and x2 have" "16 0" "$(value '.[0].ports | "\(.leased) \(.on_hold)"' pools)"

ctl drain
check_equal "drain: status" true "$(value .draining status)"
check_fails "drain: x3 gets no lease" host_up x3
check_equal "drain: x1 has what it had" "hello from y" "$(fetch x1)"
ctl drain --off
check "drain: x3 gets one afterwards" host_up x3 --ike-port 500 --remote "$Yb"
send_udp x3 500 500 "$(ike_header 5a5a5a5a00000001)"
check "watch: tells that x3 has IKE with y" wait_for 5 jq -es 'any(.[]; .event == "ike-learned")' "$work/watch.json"
for verb in hosts bindings pools status metrics; do
  ctl $verb --json | jq -c 'if type == "array" then .[] else . end' | sed "s/^/$verb /"
done > "$work/said"

ctl revoke 10.0.0.12
check_equal "pools: what x2 had is on hold" 8 "$(value '.[0].ports.on_hold' pools)"
ended() { jq -es 'any(.[]; .event == "ended" and .end == "revoked" and .host == "10.0.0.12" and (.ports | length) == 1)' "$work/watch.json"; }
check "watch: tells of it" wait_for 5 ended
check "watch: tells what was refused, and why" jq -es 'any(.[]; .event == "refused" and .cause == "draining")' "$work/watch.json"
check "diff: leases and kernel agree" wait_for 5 ctl diff
x1_port=$(first_port x1)
without_port() { on n nft delete element ip rsip port_out "{ \"$(tunnel_of 10.0.0.11)\" . $Nb . $x1_port }"; }
without_port
check_fails "diff: exit status" ctl diff
ctl diff --json > "$work/diff.json" || true
check_equal "diff: the element that somebody has deleted" "missing ip port_out $(tunnel_of 10.0.0.11) . $Nb . $x1_port" \
  "$(jq -r 'map("\(.what) \(.element)") | join(",")' "$work/diff.json")"

# Items as the page has them; of lists with one kind of item each.
{
  sed 's/^hosts /host /; s/^bindings /binding /; s/^pools /pool /; s/^metrics /family /' "$work/said"
  jq -c '.[]' "$work/diff.json" | sed 's/^/difference /'
  on n socat -t 5 - UNIX-CONNECT:/run/rsipd/control.sock <<< '{"command": "settings"}' | sed -n '1s/^/settings /p'
  sed 's/^/event /' "$work/watch.json"
} > "$work/items"
check "what rsipd says is what rsipctl(8) says it does" "$root/tests/lib/rsipctl_schema" "$root/man/rsipctl.8.scd" < "$work/items"
# logged EVENT, watched EVENT: how often
logged() { grep -c " event=$1 " "$rsipd_log" || true; }
watched() { jq -s "map(select(.event == \"$1\")) | length" "$work/watch.json"; }
for event in registered registration-ended assigned ended; do
  check_equal "log: a line for each, $event" "$(watched $event)" "$(logged $event)"
done
check_equal "log: and nothing about leases beside that" 0 "$(logged extended)"

scraped() { grep -qxF "$1" <<< "$(on n curl --silent --max-time 5 http://127.0.0.1:9455/metrics)"; }
check "metrics: over HTTP" wait_for 5 scraped 'rsipd_leases_ended_total{end="revoked"} 1'
check "metrics: what the kernel counts" scraped 'rsipd_ruleset_packets_total{counter="unknown_cookie"} 0'
check "metrics: the queue" scraped 'rsipd_queue_packets 0'
check_equal "metrics: transactions of nf_tables took a while" true \
  "$(value '.[] | select(.name == "rsipd_nft_transaction_duration_seconds").samples[0] | .count > 3 and .sum > 0' metrics)"
check "metrics: as a file" grep -q '^rsipd_hosts ' "$work/rsipd.prom"
tables() { local verb; for verb in status hosts bindings pools counters metrics; do ctl $verb | grep . || return 1; done; }
check "tables for people" tables

# What monitoring sees of tables that are gone: packaging/prometheus has an alert for it.
counted() { on n curl --silent --max-time 5 http://127.0.0.1:9455/metrics | grep "^$1[ {]"; }
check "metrics: the tables are there" counted rsipd_ruleset_packets_total
on n nft delete table ip rsip
uncounted() { ! counted "$1"; }
check "metrics: they are not" wait_for 20 uncounted rsipd_ruleset_packets_total
check "metrics: rsipd is" counted rsipd_build_info
check_fails "counters: exit status" ctl counters
check_fails "diff: exit status" ctl diff
check "status: rsipd serves" ctl status
seen "an operator looks at hosts, bindings and pools, drains, revokes and watches" "works"
