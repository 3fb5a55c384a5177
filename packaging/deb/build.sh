#!/bin/sh
# Makes build/query-exporter_VERSION-REVISION_ARCHITECTURE.deb of build/tree. Needs dpkg-deb.
#
# Usage: packaging/deb/build.sh [REVISION]    the Debian revision, 1 by default
set -eu
. "$(dirname "$0")/../common.sh"
version=$package_version-${1:-1}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cp -a build/tree/. "$tree"
chmod 755 "$tree"
doc=$tree/usr/share/doc/query-exporter

# Debian's own changelog is about the package; what is new in the program stands beside it.
gzip -9n <CHANGELOG.md >"$doc/changelog.gz"
printf 'query-exporter (%s) unstable; urgency=medium\n\n  * /usr/share/doc/query-exporter/changelog.gz says what is new.\n\n -- %s  %s\n' \
  "$version" "$(sed -n 's/^Maintainer: //p' packaging/deb/control)" "$(date --rfc-email --date="@$SOURCE_DATE_EPOCH")" |
  gzip -9n >"$doc/changelog.Debian.gz"
install -m 644 packaging/deb/copyright "$doc/copyright"
install -D -m 644 packaging/deb/lintian-overrides "$tree/usr/share/lintian/overrides/query-exporter"

install -d "$tree/DEBIAN"
with() { sed -e "/^@SCRIPT@\$/{r packaging/scripts/$1" -e 'd}' "packaging/deb/$2" >"$tree/DEBIAN/$2"; }
with configure.sh postinst
with remove-drop-ins.sh postrm
cp packaging/deb/prerm "$tree/DEBIAN/prerm"
chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/postrm" "$tree/DEBIAN/prerm"
(cd "$tree" && find etc -type f -printf '/%p\n' | sort >DEBIAN/conffiles)
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
size=$(du -sk --apparent-size --exclude=DEBIAN "$tree" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" packaging/deb/control \
  >"$tree/DEBIAN/control"

name=query-exporter_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz "-z$level" --build "$tree" "$packages/$name" >/dev/null
finish "$name"
