#!/bin/sh
# Runs the tests and the packed package on the oldest Node.js that is supported and on those of today. Needs the npm
# registry, and what `npm test` needs.
#
# Usage: test/node-versions/run.sh [VERSION...]
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- 20.19.0 22 24
npx=$(npm root --global)/npm/bin/npx-cli.js

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --loglevel=error --pack-destination "$work" >/dev/null
mv "$work"/*.tgz "$work/query-exporter.tgz"
node dist/test/support/prepare.js

for version in "$@"; do
  node=$(test/node-versions/fetch.sh "$version")
  echo "== Node.js $("$node" --version)"
  "$node" --test --test-reporter=dot dist/test/*/*.test.js
  mkdir "$work/$version"
  (
    # A cache of its own, so that nothing comes from an earlier installation.
    cd "$work/$version"
    PATH=$(dirname "$node"):$PATH npm_config_cache=$work/$version/cache
    export PATH npm_config_cache
    run() { "$node" "$npx" --yes --package "$work/query-exporter.tgz" query-exporter "$@"; }
    run --version
    run demo --once | grep -c '^query_exporter_' | sed 's/$/ samples of the demo/'
  )
done
