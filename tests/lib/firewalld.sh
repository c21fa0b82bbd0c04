# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified firewalld, Debian's, with its settings as it comes. packaging/install-test-deps has only unpacked it.
firewalld=/usr/local/lib/rsipd-tests/firewalld

# firewalld_start NODE: with a message bus of its own. firewall-cmd finds both by the environment from then on.
firewalld_start() {
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus PATH=$firewalld/usr/bin:$PATH
  cp -r "$firewalld/etc/firewalld" "$work/firewalld"
  dbus-daemon --session --nofork --address="$DBUS_SYSTEM_BUS_ADDRESS" 2> "$work/bus.log" &
  wait_for 30 test -S "$work/bus"
  on "$1" "$firewalld/usr/sbin/firewalld" --nofork --nopid --system-config "$work/firewalld" \
    --default-config "$firewalld/usr/lib/firewalld" --log-target console > "$work/firewalld.log" 2>&1 &
  check "firewalld runs" wait_for 60 firewall-cmd --state
}
