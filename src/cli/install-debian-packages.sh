#!/usr/bin/env bash
# Installs Debian packages as root without starting any of their services, now or at the next boot. Packages start
# services when installed unless /usr/sbin/policy-rc.d returns 101 (Debian's policy-rc.d specification); that file may be
# somebody else's, so ours is mounted over it in a mount namespace that only this apt-get sees.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
mark='# left by a killed ./lab: may be removed'
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

exec 8</usr/sbin # a lock that leaves no file: one of us at a time
flock 8

# Beside dpkg's own scripts, which run from there too: /tmp and /run may be mounted noexec.
deny=$(mktemp /var/lib/catchment-policy-rc.d.XXXXXX)
ours=no
cleanup() {
  rm -f "$deny"
  if [ "$ours" = yes ]; then rm -f "$policy"; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$deny"
chmod 755 "$deny"

# A mount needs a file to lie over: an empty one that is not executable means nothing to anybody else.
if (set -C && : >"$policy") 2>/dev/null || grep -qsF "$mark" "$policy"; then ours=yes; fi

# shellcheck disable=SC2016 # expanded by the inner shell
guarded() { unshare --mount bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' _ "$deny" "$policy" "$@"; }
if ! guarded true 2>/dev/null; then
  # A container without the right to mount: its own policy-rc.d stays, or ours stands in while apt-get runs.
  if [ "$ours" = yes ]; then cp -p "$deny" "$policy"; fi
  guarded() { "$@"; }
fi

apt() { guarded apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@" 8<&- </dev/null; }
if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then apt update; fi
apt install --no-install-recommends "$@" || { apt update && apt install --no-install-recommends "$@"; }

# Installed is not enabled either: the lab runs its own BIRD and unbound, the host has no use for them.
for package in "$@"; do
  for unit in $(dpkg -L "$package" | sed -n 's|.*/systemd/system/\([^/]*\.service\)$|\1|p'); do
    if command -v systemctl >/dev/null; then
      systemctl --quiet disable "$unit" || true
    elif [ -e "/etc/init.d/${unit%.service}" ]; then
      update-rc.d "${unit%.service}" disable || true
    fi
  done
done
