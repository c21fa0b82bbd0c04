# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host that crashed comes up again: the gateway answers ALREADY_REGISTERED (RFC 3103 section 10.2), the host clears
# its old registration and has one lease, not two.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

gateway_start
web_server y 80
for transport in --tcp --udp; do
  check "x1 up $transport" host_up x1 $transport
  pid=$(jq .pid "$work/x1/lease.json")
  kill -KILL "$pid"
  wait_for 5 test ! -d "/proc/$pid"
  check "x1 up $transport again after kill -9" host_up x1 $transport
  check_equal "n has one lease of 8 ports for it" 8 "$(elements netdev port_in | grep -c '10\.0\.0\.11')"
  check_equal "and one tunnel" 1 "$(tunnels | wc -l)"
  check_equal "x1 reaches y" "hello from y" "$(fetch x1)"
  check "x1 down" host_down x1
  check "nothing is left in n" wait_for 5 no_bindings
done

# The default route that the killed one leaves is not by which its successor finds the gateway.
host_gateway=()
check "x1 up --default-route, without --gateway" host_up x1 --default-route
pid=$(jq .pid "$work/x1/lease.json")
kill -KILL "$pid"
wait_for 5 test ! -d "/proc/$pid"
check "its default route is left" test -n "$(ip -n x1 route show default table 4555)"
check "x1 up again" host_up x1 --default-route
check_equal "with the gateway that is its router" "$Na" "$(jq -r .gateway "$work/x1/lease.json")"
check "x1 down" host_down x1
