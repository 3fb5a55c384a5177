#!/bin/sh
# Prints the bill of materials of what is shipped with the Node.js NODE, in CycloneDX: every package of the lockfile that
# the exporter runs on, and Node.js. Needs npm.
#
# Usage: packaging/sbom.sh NODE
set -eu
node=$1
. "$(dirname "$0")/common.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# With `--omit=dev` npm leaves out what a tool for developers needs as well.
cp package.json package-lock.json "$work"
(cd "$work" && node "$OLDPWD/packaging/npm/shrinkwrap.js" && npm pkg delete devDependencies && rm package-lock.json)
(cd "$work" && npm sbom --package-lock-only --sbom-format cyclonedx) >"$work/sbom.json"
node packaging/fix-sbom.js "$work/sbom.json" "$("$node" --version)"
