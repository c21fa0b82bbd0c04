# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified strongSwan: the charon of the distribution, one in each node that wants one.
#
# Each has a mount namespace with its own /etc/strongswan.conf, /etc/swanctl and /run; nothing else is changed.

declare -A charon_pid

# charon_start NODE SWANCTL-CONF [SNIPPET]: SNIPPET is a file to include in strongswan.conf.
charon_start() {
  local node=$1 include=""
  [ $# -lt 3 ] || include="include $3"
  mkdir -p "$work/$node/swanctl"
  echo "$2" > "$work/$node/swanctl/swanctl.conf"
  cat > "$work/$node/strongswan.conf" << END
charon {
  load = aes sha1 sha2 hmac kdf gmp nonce random kernel-netlink socket-default vici
  filelog {
    stdout {
      default = 1
      flush_line = yes
    }
  }
}
swanctl {
  load = random
}
$include
END
  # shellcheck disable=SC2016 # expanded by the inner shell
  nsenter --net="/run/netns/$node" -- unshare --mount sh -c '
    mount --bind "$1/strongswan.conf" /etc/strongswan.conf
    mount --bind "$1/swanctl" /etc/swanctl
    mount -t tmpfs tmpfs /run
    exec /usr/lib/ipsec/charon' charon "$work/$node" > "$work/$node/charon.log" 2>&1 &
  charon_pid[$node]=$!
  wait_for 60 test -S "/proc/${charon_pid[$node]}/root/run/charon.vici" || true
  check "charon of $node takes its configuration" swan "$node" --load-all
}

# swan NODE SWANCTL-ARG...
swan() { nsenter --target "${charon_pid[$1]}" --net --mount -- swanctl "${@:2}"; }

# initiate NODE CHILD
initiate() { swan "$1" --initiate --child "$2" --timeout 60; }

# rekey_ike NODE CONNECTION, rekey_child NODE CHILD: return when the SAs are others and the old ones gone.
rekey_ike() { replace ike_spis "$1" "$2" --ike; }
rekey_child() { replace child_spis "$1" "$2" --child; }
replace() {
  local old
  old=$("$1" "$2" "$3")
  swan "$2" --rekey "$4" "$3" && wait_for 30 replaced "$1" "$2" "$3" "$old"
}
replaced() {
  local now
  now=$("$1" "$2" "$3")
  [ -n "$now" ] && ! grep -qxF "$4" <<< "$now"
}
# ike_spis NODE CONNECTION, child_spis NODE CHILD: a line for each SA
ike_spis() { swan "$1" --list-sas --raw --ike "$2" | grep -o 'initiator-spi=[0-9a-f]* responder-spi=[0-9a-f]*'; }
child_spis() { swan "$1" --list-sas --raw --child "$2" | grep -o 'spi-in=[0-9a-f]* spi-out=[0-9a-f]*'; }

# connection VERSION LOCAL-ID EXTRA CHILDREN: a swanctl.conf for a host that talks to y from the leased address.
connection() {
  cat << END
connections {
  y {
    version = $1
    local_addrs = $Nb
    remote_addrs = $Yb
    proposals = aes128-sha256-modp2048
    mobike = no
    $3
    local {
      auth = psk
      id = $2
    }
    remote {
      auth = psk
      id = y
    }
    children {
      $4
    }
  }
}
secrets {
  ike {
    secret = "not a secret"
  }
}
END
}
