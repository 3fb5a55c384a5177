#!/bin/sh
# Prints the folder of a Debian with systemd, MariaDB and a Node.js that is recent enough: bookworm or trixie. It is
# made once, in .cache/systemd. Needs root, debootstrap, dpkg-deb, a Debian mirror (debootstrap's own, or QE_DEBIAN_MIRROR)
# and, for bookworm, the npm registry.
set -eu
release=$1
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/systemd
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
case $release in
bookworm)
  # Debian 12 has Node.js 18. A package from elsewhere stands for those of NodeSource.
  node=$("$here/../node-versions/fetch.sh" 22)
  package=$new/tmp/nodejs
  mkdir -p "$package/DEBIAN"
  install -D "$node" "$package/usr/bin/node"
  printf '%s\n' 'Package: nodejs' "Version: $("$node" -p process.versions.node)-1" \
    "Architecture: $(dpkg --print-architecture)" 'Maintainer: nobody <nobody@localhost>' \
    'Description: JavaScript engine' >"$package/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone --build "$package" "$new/tmp/nodejs.deb" >&2
  inside dpkg --install /tmp/nodejs.deb
  rm -r "$package" "$new/tmp/nodejs.deb"
  ;;
*) inside apt-get install --yes --quiet --no-install-recommends nodejs ;;
esac
inside apt-get clean
rm "$new/usr/sbin/policy-rc.d" "$new/etc/resolv.conf"
mv "$new" "$root"
echo "$root"
