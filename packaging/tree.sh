#!/bin/sh
# Makes build/tree, which the packages install, and which the tarball and the image take their files from: the bundle in
# build/bundle with its Node.js and SQLite, units, configuration and pages. Needs npm and git.
set -eu
. "$(dirname "$0")/common.sh"
tree=build/tree
library=$tree/usr/lib/query-exporter
doc=$tree/usr/share/doc/query-exporter
rm -rf "$tree"
mkdir -p "$library" "$doc"

node=$(packaging/node/fetch.sh)
cp -R build/bundle/. "$library"
cp "$node" "$library/node"
# A build of the same commit makes them again.
find "$library" -name '*.map' -delete
# Not /usr/bin/env: it is run by its own Node.js, also where there is another one, a shell or none.
sed -i '1s|.*|#!/usr/lib/query-exporter/node|' "$library/dist/src/main.js"
install -d "$tree/usr/bin"
ln -s ../lib/query-exporter/dist/src/main.js "$tree/usr/bin/query-exporter"

rm "$library/LICENSE"
{
  cat "$library/THIRD-PARTY-NOTICES"
  printf '\n%s\nNode.js %s\n\n' "$(printf '%080d' 0 | tr 0 -)" "$("$node" --version)"
  cat "$(dirname "$node")/LICENSE"
} >"$doc/THIRD-PARTY-NOTICES"
rm "$library/THIRD-PARTY-NOTICES"
packaging/sbom.sh "$node" >"$doc/sbom.cdx.json"
# One page, for a pager on a host without a browser.
for page in README.md docs/*.md; do
  [ "$page" = docs/contributing.md ] && continue
  printf '======== %s ========\n\n' "$page"
  cat "$page"
  echo
done >"$doc/manual.md"
cp -R examples "$doc"
find "$doc/examples" -name '*.test.yml' -delete

install -d "$tree/usr/share/man/man1"
gzip -9n <packaging/query-exporter.1 >"$tree/usr/share/man/man1/query-exporter.1.gz"
install -d "$tree/usr/share/bash-completion/completions"
"$node" "$library/dist/src/main.js" completion bash >"$tree/usr/share/bash-completion/completions/query-exporter"
install -d "$tree/usr/lib/systemd/system" "$tree/usr/lib/sysusers.d"
install -m 644 systemd/*.service systemd/*.socket "$tree/usr/lib/systemd/system"
install -m 644 systemd/systemd-252.conf "$library"
install -m 644 systemd/query-exporter.sysusers "$tree/usr/lib/sysusers.d/query-exporter.conf"
# The group that may read it is not known before the package is configured: see scripts/configure.sh.
install -D -m 640 packaging/etc/config.yml "$tree/etc/query-exporter/config.yml"
install -D -m 644 packaging/etc/default "$tree/etc/default/query-exporter"
# A checkout may have been made under any umask.
chmod -R u=rwX,go=rX "$tree/usr"
find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
