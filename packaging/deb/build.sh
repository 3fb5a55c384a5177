#!/bin/sh
# Builds query-exporter_VERSION-REVISION_all.deb in the current folder: the npm package with everything it runs on,
# units, configuration and manual page. Needs npm, dpkg-deb and the npm registry (or npm's cache).
#
# Usage: packaging/deb/build.sh [REVISION]    the Debian revision, 1 by default
set -eu
umask 022
root=$(cd "$(dirname "$0")/../.." && pwd)
output=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$root" && npm pack --loglevel=error --pack-destination "$work" >/dev/null)
tar -xzf "$work"/*.tgz -C "$work"
package=$work/package
# The lockfile of a package knows nothing of what developers need.
(cd "$package" && npm pkg delete devDependencies && npm ci --loglevel=error --ignore-scripts --prefer-offline >/dev/null)

# A pre-release comes before its release: 1.0.0-rc.1 is 1.0.0~rc.1 to dpkg.
version=$(node -p "require('$package/package.json').version.replace('-', '~')")-${1:-1}
tree=$work/tree
doc=$tree/usr/share/doc/query-exporter
library=$tree/usr/lib/query-exporter

mkdir -p "$library" "$doc" "$tree/usr/bin"
mv "$package/dist" "$package/node_modules" "$package/package.json" "$package/build.json" "$package/config.schema.json" \
  "$package/packs" "$library"
# What only developers of those packages read.
find "$library/node_modules" -type f \( -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.md' \) \
  ! -iname 'licen[cs]e*' -delete
# Of SQLite, what runs on Debian: neither its source nor what is for other systems.
sqlite=$library/node_modules/@photostructure/sqlite
rm -r "$sqlite/src" "$sqlite/scripts" "$sqlite/binding.gyp" "$library/node_modules/node-addon-api"
find "$sqlite/prebuilds" -type f ! -path '*/linux-*/*.glibc.node' -delete
find "$library/node_modules" -type d -empty -delete
ln -s ../lib/query-exporter/dist/src/main.js "$tree/usr/bin/query-exporter"

mv "$package/docs" "$package/examples" "$package/README.md" "$doc"
gzip -9n <"$package/CHANGELOG.md" >"$doc/changelog.gz"
install -m 644 "$root/packaging/deb/copyright" "$doc/copyright"
install -d "$tree/usr/share/man/man1"
gzip -9n <"$root/packaging/query-exporter.1" >"$tree/usr/share/man/man1/query-exporter.1.gz"

units=$tree/usr/lib/systemd/system
install -d "$units" "$tree/usr/lib/sysusers.d"
install -m 644 "$root"/systemd/*.service "$root"/systemd/*.socket "$units"
install -m 644 "$root/systemd/systemd-252.conf" "$library"
install -m 644 "$root/systemd/query-exporter.sysusers" "$tree/usr/lib/sysusers.d/query-exporter.conf"
# The group that may read the configuration is not known before the package is configured: see postinst.
install -D -m 640 "$root/packaging/deb/config.yml" "$tree/etc/query-exporter/config.yml"
install -D -m 644 "$root/packaging/deb/default" "$tree/etc/default/query-exporter"

install -d "$tree/DEBIAN"
for script in postinst prerm postrm; do install -m 755 "$root/packaging/deb/$script" "$tree/DEBIAN"; done
printf '%s\n' /etc/query-exporter/config.yml /etc/default/query-exporter >"$tree/DEBIAN/conffiles"
(cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
size=$(du -sk --exclude=DEBIAN "$tree" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$size/" "$root/packaging/deb/control" >"$tree/DEBIAN/control"

# The same commit gives the same bytes.
SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)
export SOURCE_DATE_EPOCH
dpkg-deb --root-owner-group -Zxz --build "$tree" "$output/query-exporter_${version}_all.deb"
