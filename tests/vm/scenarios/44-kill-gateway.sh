# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 of the daemon changes nothing for traffic; `nft flush ruleset` by somebody is mended by a restart.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

web_server y 80
gateway_start
check "x1 gets a lease" host_up x1 --lease 60
gateway_stop KILL 2> /dev/null
check_equal "data flows on" "hello from y" "$(fetch x1)"
on n nft flush ruleset
check_fails "without the rules it does not" fetch x1 --max-time 3
gateway_start
check "after a restart they are there again" fetch x1
