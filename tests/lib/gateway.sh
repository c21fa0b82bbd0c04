# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rsipd in node n, and what the kernel of n says about it.

rsipd_log=$work/rsipd.log

# gateway_start [FLAG...]: returns when rsipd serves. It stays root, with few capabilities, unless FLAGs say otherwise:
# $work is root's. $gateway_pool is its --pool, $Nb where it is not set; gateway_namespaces are flags of nsenter for more
# namespaces than that of the network.
gateway_namespaces=()
gateway_start() {
  : > "$rsipd_log"
  case "$*" in *--user*) ;; *) set -- --user root "$@" ;; esac
  nsenter --net=/run/netns/n "${gateway_namespaces[@]}" -- "$build/rsipd/rsipd" --private-interface lan --public-interface wan --pool "${gateway_pool:-$Nb}" --state-dir "$work/state" \
    "$@" > "$rsipd_log" 2>&1 &
  rsipd_pid=$!
  wait_for 60 gateway_settled || true
  check "rsipd serves" gateway_ready
}

gateway_ready() { grep -qw ready "$rsipd_log" && kill -0 "$rsipd_pid"; }
gateway_settled() { gateway_ready || ! kill -0 "$rsipd_pid"; }

# gateway_stop [SIGNAL]: leaves rsipd's exit status in rsipd_status.
gateway_stop() {
  rsipd_status=0
  kill -"${1:-TERM}" "$rsipd_pid"
  wait "$rsipd_pid" || rsipd_status=$?
}

# gateway_forgets: what rsipd, which does not run, has promised to hosts. The kernel has to forget it, too.
gateway_forgets() { rm -r "$work/state" && on n "$build/rsipd/rsipctl" remove; }

# bindings: the elements of all maps and sets that leases fill (not those that packets do), as nft shows them, each on a
# line of its own after the family and name of its map or set.
bindings() {
  on n nft list ruleset | awk '
    /^table / { family = $2; ours = $3 == "rsip" }
    /^\t(map|set) / { name = $2 }
    sub(/^.*elements = { /, "") { inside = 1 }
    inside && ours && name !~ /^(spi_out|logged_.*|echo_(in|taken|asked|new))$/ {
      line = $0
      sub(/^[ \t]+/, "", line); sub(/,$/, "", line); sub(/ }$/, "", line)
      print family, name ": " line
    }
    / }$/ { inside = 0 }'
}

# elements FAMILY NAME: those of one map or set.
elements() { bindings | sed -n "s/^$1 $2: //p"; }

no_bindings() { [ -z "$(bindings)" ]; }

# bindings_of ADDRESS: those whose comment names the host with this private address.
bindings_of() { bindings | grep -F " $1\""; }

# tunnels: the names of the tunnel devices in n.
tunnels() { ip -n n -json link show type ipip | jq -r '.[].ifname' 2> /dev/null | grep '^rsip' || true; }

# tunnel_of ADDRESS: the device in n that leads to the host with this private address.
tunnel_of() { ip -n n -json -d link show type ipip | jq -r ".[] | select(.linkinfo.info_data.remote == \"$1\") | .ifname"; }

# denied NAME: packets that a named counter of table ip rsip has counted.
denied() { on n nft -j list counter ip rsip "$1" | jq '.nftables[] | select(.counter) | .counter.packets'; }
