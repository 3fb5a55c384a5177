#!/bin/sh
# Before `npm pack`: the build, what it was built from, and the exact versions of everything it runs on.
set -eu
cd "$(dirname "$0")/../.."

npm run --silent build
revision=$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
branch=$(git symbolic-ref --quiet --short HEAD 2>/dev/null || echo unknown)
printf '{ "revision": "%s", "branch": "%s" }\n' "$revision" "$branch" >build.json
node packaging/npm/shrinkwrap.js
