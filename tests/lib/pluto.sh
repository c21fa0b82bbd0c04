# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified libreswan: the pluto of the distribution, one in each node that wants one. Its package conflicts with
# strongSwan's, so that packaging/install-test-deps has only unpacked it.
#
# Each has a mount namespace with its own /run, its programs where it expects them, and its own NSS database.
libreswan=/usr/local/lib/rsipd-tests/libreswan

declare -A pluto_pid

# pluto_start NODE CONNECTIONS [SETUP]: what ipsec.conf has behind `config setup`, and further lines for that.
pluto_start() {
  local node=$1
  mkdir -p "$work/$node/nss"
  printf 'config setup\n  uniqueids=no\n  ikev1-policy=accept\n%s\n%s\n' "${3:-}" "$2" > "$work/$node/ipsec.conf"
  echo ': PSK "not a secret"' > "$work/$node/ipsec.secrets"
  certutil -N -d "sql:$work/$node/nss" --empty-password
  # shellcheck disable=SC2016 # expanded by the inner shell
  nsenter --net="/run/netns/$node" -- unshare --mount env IPSEC_SBINDIR="$libreswan/usr/sbin" \
    PATH="$libreswan/usr/sbin:$PATH" sh -c '
    mount --bind "$2/usr/libexec" /usr/libexec
    mount -t tmpfs tmpfs /run
    mkdir /run/pluto
    exec /usr/libexec/ipsec/pluto --nofork --stderrlog --config "$1/ipsec.conf" --secretsfile "$1/ipsec.secrets" \
      --nssdir "$1/nss" --no-dnssec' pluto "$work/$node" "$libreswan" > "$work/$node/pluto.log" 2>&1 &
  pluto_pid[$node]=$!
  wait_for 60 whack "$node" --status || true
  check "pluto of $node takes its configuration" pluto_load "$node"
}

# pluto_load NODE: all of its connections. They have no auto=, so that pluto does not load them a second time itself.
pluto_load() {
  local names
  names=$(awk '$1 == "conn" && $2 != "%default" { print $2 }' "$work/$1/ipsec.conf")
  # shellcheck disable=SC2086 # several names
  in_pluto "$1" /usr/libexec/ipsec/addconn --config "$work/$1/ipsec.conf" $names && whack "$1" --listen
}

# in_pluto NODE COMMAND...: in its namespaces
in_pluto() { nsenter --target "${pluto_pid[$1]}" --net --mount -- "${@:2}"; }

# whack NODE WHACK-ARG...
whack() { in_pluto "$1" /usr/libexec/ipsec/whack "${@:2}"; }

# pluto_up NODE CONNECTION: returns when its IPsec SAs are established, or fails.
pluto_up() { in_pluto "$1" timeout 60 /usr/libexec/ipsec/whack --initiate --name "$2"; }
