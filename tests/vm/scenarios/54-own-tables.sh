# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --own-tables: the tables are rsipd's alone where the kernel knows of that (Linux 6.9); where not, auto goes without and
# on says so. tests/kernel has what an owner can do.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/scenario.sh"

rules() { on n nft -s -t list table ip rsip; }
as_before() { [ "$(rules)" = "$rules" ] && [ -n "$(elements netdev port_in)" ]; }
own_tables() {
  on n "$build/rsipd/rsipd" --user root --private-interface lan --public-interface wan --pool "$Nb" --own-tables "$@"
}

gateway_start --own-tables off
check "x1 gets a lease" host_up x1 --lease 600
rules=$(rules)
on n nft flush ruleset
check "with off the tables are anybody's, and are mended" wait_for 2 as_before
gateway_stop
check "the tables stay when rsipd ends" as_before

status=0
refused=$(own_tables on --check 2>&1) || status=$?
check_equal "on does not start with tables that have had no owner" 3 "$status"
check "and says what to do" grep -q "nft delete table\|Linux 6.9" <<< "$refused"
check "they stay as they are" as_before
gateway_start --own-tables auto
check "auto starts with them" host_up x2 --lease 600
gateway_stop KILL
on n nft delete table netdev rsip
on n nft delete table ip rsip

if own_tables on --check > /dev/null 2>&1; then
  gateway_start --own-tables on
  check_fails "nobody may delete an owned table" on n nft delete table ip rsip
  gateway_stop
else
  check_fails "an old kernel has no tables after that" on n nft list table ip rsip
  gateway_start --own-tables auto
  check "auto does without" host_up x3 --lease 600
  gateway_stop
fi
