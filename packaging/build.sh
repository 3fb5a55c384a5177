#!/bin/sh
# Makes the artefacts named, of deb, rpm, tarball and image, in build/ from what the checkout holds. See docs/contributing.md.
set -eu
cd "$(dirname "$0")/.."
node=$(packaging/node/fetch.sh)
npm run --silent bundle -- --node "$node"
packaging/tree.sh
for artefact; do "packaging/$artefact/build.sh"; done
