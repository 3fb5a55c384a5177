#!/bin/sh
# Prints the path of a Node.js of the given version, such as 22 or 20.19.0, from npm's packages of its binaries. It is
# kept in .cache/node.
set -eu
version=$1
folder=$(cd "$(dirname "$0")/../.." && pwd)/.cache/node/$version
machine=$(uname -m | sed -e s/x86_64/x64/ -e s/aarch64/arm64/)
node=$folder/node_modules/node-linux-$machine/bin/node
if ! [ -x "$node" ]; then
  mkdir -p "$folder"
  npm install --silent --no-save --prefix "$folder" "node-linux-$machine@$version" >&2
fi
echo "$node"
