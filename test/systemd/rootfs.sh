#!/bin/sh
# Prints the folder of a Debian with systemd and MariaDB, and without Node.js: bookworm or trixie. It is made once, in
# .cache/debian. Needs root, debootstrap, and a Debian mirror (debootstrap's own, or QE_DEBIAN_MIRROR).
set -eu
release=$1
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/debian
root=$cache/$release
if [ -d "$root" ]; then
  echo "$root"
  exit
fi

mkdir -p "$cache"
new=$(mktemp -d "$cache/.new-XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates "$release" "$new" ${QE_DEBIAN_MIRROR:+"$QE_DEBIAN_MIRROR"} >&2

inside() { DEBIAN_FRONTEND=noninteractive chroot "$new" "$@" >&2; }
# Nothing is to be started while there is no systemd.
printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
chmod 755 "$new/usr/sbin/policy-rc.d"
cp /etc/resolv.conf "$new/etc/resolv.conf"
inside apt-get update --quiet
inside apt-get install --yes --quiet --no-install-recommends mariadb-server curl man-db
inside apt-get clean
rm "$new/usr/sbin/policy-rc.d" "$new/etc/resolv.conf"
mv "$new" "$root"
echo "$root"
