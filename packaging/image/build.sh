#!/bin/sh
# Makes build/query-exporter-VERSION.image-ARCHITECTURE.tar.gz of build/tree, which `podman load` and `docker load` read.
# Needs buildah, and the registry of the base unless BASE names another one, such as oci-archive:FILE.
set -eu
. "$(dirname "$0")/../common.sh"
work=$(mktemp -d)
buildah() { command buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }
trap 'rm -rf "$work"' EXIT
context=$work/context
mkdir -p "$context/state"
chmod 700 "$context/state"
cp -a build/tree/usr "$context"
touch --date="@$SOURCE_DATE_EPOCH" "$context/state"
# Of the image formats Docker's alone has a health check.
buildah build --quiet --isolation chroot --format docker --timestamp "$SOURCE_DATE_EPOCH" ${BASE:+--build-arg "BASE=$BASE"} \
  --tag "query-exporter:$version" --file packaging/image/Containerfile "$context" >/dev/null
buildah push --quiet "query-exporter:$version" "docker-archive:$work/image.tar" >/dev/null
mkdir "$work/image"
tar -xf "$work/image.tar" -C "$work/image"
node packaging/image/fix-image.js "$work/image" "query-exporter:$version"
chmod 644 "$work"/image/*
name=query-exporter-$version.image-$architecture.tar.gz
(cd "$work/image" && $archive --create -- *) | gzip --no-name >"$packages/$name"
finish "$name"
