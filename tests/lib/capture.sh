# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What crosses an interface, for counting afterwards.

declare -A capture_pid

# capture_start NAME NODE INTERFACE: returns when packets are being captured.
capture_start() {
  nsenter --net="/run/netns/$2" -- tcpdump -n -i "$3" -s 256 -U --immediate-mode -Z root -w "$work/$1.pcap" \
    2> "$work/$1.tcpdump" &
  capture_pid[$1]=$!
  wait_for 10 grep -q listening "$work/$1.tcpdump"
}

capture_stop() {
  kill -INT "${capture_pid[$1]}"
  wait "${capture_pid[$1]}" || true
}

# packets NAME FILTER: how many packets of the capture match; it may still be running.
packets() { tcpdump -n -r "$work/$1.pcap" "$2" 2> /dev/null | wc -l; }

# captured NAME FILTER: whether one did.
captured() { [ "$(packets "$1" "$2")" -gt 0 ]; }
