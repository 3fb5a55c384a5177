#!/bin/sh
# Prints what the checkout is built from, as build.json holds it.
cd "$(dirname "$0")"
revision=$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
branch=$(git symbolic-ref --quiet --short HEAD 2>/dev/null || echo unknown)
printf '{ "revision": "%s", "branch": "%s" }\n' "$revision" "$branch"
