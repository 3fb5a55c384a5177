#!/bin/sh
# After `npm pack`: a checkout says of itself that its revision is unknown, since it may hold changes.
set -eu
cd "$(dirname "$0")/../.."
rm -f build.json npm-shrinkwrap.json
