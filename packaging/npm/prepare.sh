#!/bin/sh
# Before `npm pack`: the build, what it was built from, and the exact versions of everything it runs on.
set -eu
cd "$(dirname "$0")/../.."

npm run --silent build
packaging/build-info.sh >build.json
node packaging/npm/shrinkwrap.js
