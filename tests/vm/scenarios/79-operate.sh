# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What rsipctl tells an operator about hosts that are there, and what he can do about them.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

ctl() { on n timeout 20 "$build/rsipd/rsipctl" "$@"; }
# value JQ-FILTER COMMAND...: what it says in JSON.
value() { ctl "${@:2}" --json | jq -rc "$1"; }

# A gateway that mends its tables would leave nothing to see.
unhealed=()
if grep -q -e '--heal ' <<< "$("$build/rsipd/rsipd" --help)"; then unhealed=(--heal off); fi
gateway_start "${unhealed[@]}" --metrics 127.0.0.1:9455 --metrics-file "$work/rsipd.prom"
web_server y 80
on n "$build/rsipd/rsipctl" watch > "$work/watch.json" 2> "$work/watch.log" &
watching() { grep -q watching "$work/watch.json"; }
check "somebody watches" wait_for 5 watching
check_equal "no hosts yet" "[]" "$(value . hosts)"
check "x1 gets a lease" host_up x1
check "x2 gets a lease" host_up x2
fetch x1 > /dev/null

check_equal "status: hosts and bindings" "2 2 false" "$(value '"\(.hosts) \(.bindings) \(.draining)"' status)"
check_equal "hosts: both" "10.0.0.11 10.0.0.12" "$(value '[.[].host] | join(" ")' hosts)"
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
check "drain: x3 gets one afterwards" host_up x3

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

scraped() { grep -qxF "$1" <<< "$(on n curl --silent --max-time 5 http://127.0.0.1:9455/metrics)"; }
check "metrics: over HTTP" wait_for 5 scraped 'rsipd_leases_ended_total{end="revoked"} 1'
check "metrics: what the kernel counts" scraped 'rsipd_ruleset_packets_total{counter="unknown_cookie"} 0'
check "metrics: the queue" scraped 'rsipd_queue_packets 0'
check_equal "metrics: transactions of nf_tables took a while" true \
  "$(value '.[] | select(.name == "rsipd_nft_transaction_duration_seconds").samples[0] | .count > 3 and .sum > 0' metrics)"
check "metrics: as a file" grep -q '^rsipd_hosts ' "$work/rsipd.prom"
tables() { local verb; for verb in status hosts bindings pools counters metrics; do ctl $verb | grep . || return 1; done; }
check "tables for people" tables
seen "an operator looks at hosts, bindings and pools, drains, revokes and watches" "works"
