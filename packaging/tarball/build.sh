#!/bin/sh
# Makes build/query-exporter-VERSION.linux-ARCHITECTURE.tar.gz of build/tree: a folder that runs wherever it is unpacked.
set -eu
. "$(dirname "$0")/../common.sh"
name=query-exporter-$version.linux-$architecture
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=$work/$name
mkdir "$folder"
cp -a build/tree/usr/lib/query-exporter "$folder/lib"
cp -a build/tree/usr/share/doc/query-exporter/. "$folder"
install -m 755 packaging/tarball/query-exporter "$folder/query-exporter"
install -m 644 LICENSE CHANGELOG.md packaging/query-exporter.1 "$folder"
install -m 644 packaging/etc/config.yml "$folder/config.yml"
cp -R systemd "$folder/systemd"
chmod -R u=rwX,go=rX "$folder"
$archive --directory="$work" --create "$name" | gzip --no-name >"$packages/$name.tar.gz"
finish "$name.tar.gz"
