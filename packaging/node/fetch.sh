#!/bin/sh
# Prints the path of the Node.js that packages and images ship, without its symbols; its LICENSE lies beside it. It comes
# from npm's package of the binary, is compared with packaging/node/sha512sums, which also names the version, and is kept in
# .cache/node-shipped. Needs npm, strip, and the npm registry for the first run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
machine=$(uname -m | sed -e s/x86_64/x64/ -e s/aarch64/arm64/)
archive=$(sed -n "s/.*  \(node-linux-$machine-.*\)/\1/p" "$here/sha512sums")
version=$(basename "${archive#node-linux-"$machine"-}" .tgz)
folder=$here/../../.cache/node-shipped/$machine-$version
if ! [ -x "$folder/node" ]; then
  mkdir -p "$(dirname "$folder")"
  new=$(mktemp -d "$folder-XXXXXX")
  trap 'rm -rf "$new"' EXIT
  cd "$new"
  npm pack --silent "node-linux-$machine@$version" >&2
  sha512sum --check --ignore-missing --quiet "$here/sha512sums" >&2
  tar -xzf "$archive" --strip-components=1 package/bin/node package/LICENSE
  strip bin/node
  # Another build may have been faster; its folder holds the same.
  mkdir -p "$folder"
  mv LICENSE "$folder/LICENSE"
  mv bin/node "$folder/node"
fi
cd "$folder"
echo "$(pwd)/node"
