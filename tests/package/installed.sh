# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of the packages on a Debian of their own, which is the gateway n: installed, started from the unit, a lease of
# a host that runs from its unit, upgraded, removed, purged. RSIP_ROOT is the Debian; RSIP_PACKAGES holds what is
# installed and RSIP_UPGRADE the same with a higher version.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/scenario.sh"
# shellcheck source=machine.sh
. "$root/tests/package/machine.sh"

# What the machine makes for itself does not count, nor do dpkg's own notes.
all_files() {
  inside find / -xdev -path /var/log -prune -o -path /var/cache -prune -o -path /var/lib/dpkg -prune -o \
    -path /var/lib/systemd/timers -prune -o -path /var/tmp -prune -o -path /root -prune -o \
    -name '*-' -path '/etc/*' -prune -o -print | sort
}
install_all() { inside env DEBIAN_FRONTEND=noninteractive sh -c "dpkg --install $1/*.deb"; }
state_of() { inside systemctl show --property="$2" --value "$1"; }
# shellcheck disable=SC2016 # dpkg-query replaces it
version_of() { inside dpkg-query -W -f '${Version}' "$1"; }
echoed() { wc -l < "$work/echo"; }
more_echoed() { [ "$(echoed)" -gt "$1" ]; }
fetched() { [ "$(fetch x1)" = "hello from y" ]; }
# What is leased and to whom, without the time that is left
leased() { bindings | sed 's/ expires [0-9a-z]*//' | sort; }
no_tables() { ! on n nft list tables | grep -w rsip; }
no_tunnel_in() { ! ip -n "$1" link show type ipip | grep -q rsip; }

on n sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.lan.rp_filter=1 net.ipv4.conf.wan.rp_filter=1
web_server y 80
machine_start "$RSIP_ROOT" --bind-ro="$RSIP_PACKAGES:/mnt" --bind-ro="$RSIP_UPGRADE:/media"
all_files > "$work/before"

check "the packages install" install_all /mnt
check_equal "all files are as packaged" "" "$(inside dpkg --verify rsipd rsip)"
check_equal "user rsipd: no shell, no home" "/:/usr/sbin/nologin" "$(inside getent passwd rsipd | cut -d : -f 6-7)"
check_equal "the state directory is its own" "rsipd:rsipd 750" "$(inside stat -c '%U:%G %a' /var/lib/rsipd)"
check_equal "a gateway that nobody has configured does not start" "disabled inactive" \
  "$(inside systemctl is-enabled rsipd || true) $(state_of rsipd ActiveState)"
for program in rsipd rsipctl rsip; do
  check_equal "$program runs" "$program $("$root/packaging/version")" "$(inside $program --version)"
done

inside sed -i 's/^RSIPD_OPTIONS=.*/RSIPD_OPTIONS="--private-interface lan --public-interface wan --pool 198.51.100.1"/' \
  /etc/default/rsipd
check "systemctl enable --now rsipd" inside systemctl enable --quiet --now rsipd
check_equal "it is ready" "active running" "$(state_of rsipd ActiveState) $(state_of rsipd SubState)"
check_equal "as the user rsipd" rsipd "$(inside ps -o user= -p "$(state_of rsipd MainPID)")"
check "rsipctl reaches it" inside rsipctl status

# The host runs from its unit, too, in the network of x1.
inside mkdir -p /run/systemd/system/rsip@.service.d
printf '[Service]\nNetworkNamespacePath=/run/netns/x1\n' | inside tee /run/systemd/system/rsip@.service.d/x1.conf > /dev/null
inside cp /usr/share/doc/rsip/examples/rsip-rsip0 /etc/default/rsip-rsip0
inside sed -i 's/^RSIP_OPTIONS=.*/RSIP_OPTIONS="--gateway 10.0.0.1"/' /etc/default/rsip-rsip0
inside systemctl daemon-reload
check "systemctl start rsip@rsip0" inside systemctl start rsip@rsip0
mkdir -p "$work/x1"
inside rsip status --json > "$work/x1/lease.json"
check "x1 reaches y from the leased address and ports" fetched
leased=$(leased)
check "the kernel has the lease" grep -qF '10.0.0.11' <<< "$leased"

# A connection that lasts from before to after, a line each fifth of a second.
echo_server y 7
mkfifo "$work/lines"
on x1 socat -t 10 - "TCP4:$Yb:7,bind=$Nb:$(last_port x1)" < "$work/lines" > "$work/echo" &
connection=$!
exec 9> "$work/lines"
pid_before=$(state_of rsipd MainPID)
lease_before=$(state_of rsip@rsip0 MainPID)
(for i in $(seq 3000); do echo "$i"; sleep 0.2; done >&9) &
lines=$!
check "the upgrade installs" install_all /media
check_equal "both have the higher version" "$UPGRADE_VERSION $UPGRADE_VERSION" "$(version_of rsipd) $(version_of rsip)"
check "rsipd has been restarted" test "$(state_of rsipd MainPID)" != "$pid_before"
check_equal "rsipd is ready" active "$(state_of rsipd ActiveState)"
check_equal "rsip@rsip0 has not been restarted" "$lease_before" "$(state_of rsip@rsip0 MainPID)"
check_equal "the administrator's settings are there" 1 "$(inside grep -c '^RSIPD_OPTIONS="--private' /etc/default/rsipd)"
check_equal "the kernel has the same lease" "$leased" "$(leased)"
check "x1 reaches y" fetched
check "the connection from before the upgrade goes on" wait_for 20 more_echoed "$(echoed)"
kill "$lines"
exec 9>&-
ended=0
wait "$connection" || ended=$?
check_equal "it ends well" 0 "$ended"
check_equal "nothing of it is lost" "$(seq "$(echoed)")" "$(cat "$work/echo")"

# rsipd first, so that there is something left to take out.
check "rsipd is removed" inside dpkg --remove rsipd
check "its tables are gone" no_tables
check_equal "its tunnels are gone" "" "$(tunnels)"
check "what the administrator wrote is still there" inside test -e /etc/default/rsipd
check "rsip is removed" inside dpkg --remove rsip
check "its tunnel is gone" no_tunnel_in x1
check_equal "its rules are gone" 3 "$(ip -n x1 rule | wc -l)"
check "the packages are purged" inside dpkg --purge rsipd rsip
inside rm -r /etc/default/rsip-rsip0 /run/systemd/system/rsip@.service.d # not the package's
all_files > "$work/after"
check_equal "no file is left" "" "$(diff "$work/before" "$work/after" || true)"
check_equal "nothing is left in /run" "" "$(inside find /run -name 'rsip*' || true)"
check "the user stays, as Debian's system users do" inside getent passwd rsipd
check_equal "no process is left" "" "$(pgrep -x 'rsipd?' || true)"
