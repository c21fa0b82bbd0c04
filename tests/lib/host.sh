# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rsip in the nodes x1, x2, x3, and traffic with the leased address as its source.

# What host_up says of the gateway: its address, unless a scenario sets something else.
host_gateway=(--gateway "$Na")

# host_up NODE [FLAG...]: obtains a lease; its description is kept for `lease`.
host_up() {
  local node=$1
  shift
  mkdir -p "$work/$node"
  on "$node" "$build/rsipd/rsip" up "${host_gateway[@]}" --runtime-dir "$work/$node/run" --json "$@" \
    > "$work/$node/lease.json" 2> "$work/$node/up.log" || { cat "$work/$node/up.log"; return 1; }
}

host_status() { on "$1" "$build/rsipd/rsip" status --runtime-dir "$work/$1/run" --json; }

# host_assign NODE [FLAG...], host_listen NODE [FLAG...]: a further lease of a host that is up, in NODE/assign.json or
# NODE/listen.json; host_free NODE BIND gives it back; host_query NODE [WHAT...] asks what is local.
host_assign() { host_more assign "$@"; }
host_listen() { host_more listen "$@"; }
host_more() {
  local command=$1 node=$2
  shift 2
  on "$node" "$build/rsipd/rsip" "$command" --runtime-dir "$work/$node/run" --json "$@" \
    > "$work/$node/$command.json" 2> "$work/$node/$command.log" || { cat "$work/$node/$command.log"; return 1; }
}
host_free() { on "$1" "$build/rsipd/rsip" free --runtime-dir "$work/$1/run" "$2"; }
host_query() { on "$1" "$build/rsipd/rsip" query --runtime-dir "$work/$1/run" --json "${@:2}"; }

host_down() { on "$1" "$build/rsipd/rsip" down --runtime-dir "$work/$1/run"; }

# lease NODE FIELD: of the lease that host_up obtained: address, client_id, bind_id.
lease() { jq -r ".lease.$2" < "$work/$1/lease.json"; }

first_port() { lease "$1" 'ports[0].first'; }
last_port() { lease "$1" 'ports[0].last'; }
first_spi() { lease "$1" 'spis[0].first'; }
last_spi() { lease "$1" 'spis[0].last'; }

# local_ports NODE: "LOW-HIGH", as curl wants it.
local_ports() { echo "$(first_port "$1")-$(last_port "$1")"; }

# fetch NODE [CURL-FLAG...]: what the web server of y says to NODE, from the leased address and ports.
fetch() {
  local node=$1
  shift
  on "$node" curl --silent --show-error --max-time 10 --interface "$Nb" --local-port "$(local_ports "$node")" "$@" \
    "http://$Yb/"
}
