# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rsip in the nodes x1, x2, x3, and traffic with the leased address as its source.

# host_up NODE [FLAG...]: obtains a lease; its description is kept for `lease`.
host_up() {
  local node=$1
  shift
  mkdir -p "$work/$node"
  on "$node" "$build/rsipd/rsip" up --gateway "$Na" --runtime-dir "$work/$node/run" --json "$@" \
    > "$work/$node/lease.json" 2> "$work/$node/up.log" || { cat "$work/$node/up.log"; return 1; }
}

host_status() { on "$1" "$build/rsipd/rsip" status --runtime-dir "$work/$1/run" --json; }
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
