# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified xl2tpd and pppd, Debian's. packaging/install-test-deps has only unpacked xl2tpd.
xl2tpd=/usr/local/lib/rsipd-tests/xl2tpd/usr/sbin/xl2tpd

# xl2tpd_start NODE GLOBAL SECTION: GLOBAL and SECTION are lines of xl2tpd.conf, the second one with its heading.
xl2tpd_start() {
  local node=$1
  mkdir -p "$work/$node"
  printf 'noauth\nnodefaultroute\nnoccp\nnovj\nmtu 1280\nmru 1280\nipcp-accept-local\nipcp-accept-remote\nlocal\n' \
    > "$work/$node/ppp.options"
  printf '[global]\n%s\naccess control = no\nforce userspace = yes\n%s\npppoptfile = %s\n' \
    "$2" "$3" "$work/$node/ppp.options" > "$work/$node/xl2tpd.conf"
  # A /run of its own, since each node has a ppp0 by which pppd names its files; pseudo-terminals, which a guest has none of.
  # shellcheck disable=SC2016 # expanded by the inner shell
  nsenter --net="/run/netns/$node" -- unshare --mount sh -c '
    mount -t tmpfs tmpfs /run && mkdir -p /dev/pts && mount -t devpts devpts /dev/pts || exit 1
    exec "$1" -D -c "$2/xl2tpd.conf" -p /run/xl2tpd.pid -C /run/xl2tpd.control -s /dev/null' \
    xl2tpd "$xl2tpd" "$work/$node" > "$work/$node/xl2tpd.log" 2>&1 &
}
