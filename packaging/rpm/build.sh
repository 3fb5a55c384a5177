#!/bin/sh
# Makes build/query-exporter-VERSION-1.ARCHITECTURE.rpm of build/tree. Needs rpmbuild, which Debian has in its package rpm.
set -eu
. "$(dirname "$0")/../common.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
define() { printf '%s\n' "%$1 $2" >>"$work/macros"; }
define package_version "$package_version"
define tree "$PWD/build/tree"
define scripts "$PWD/packaging/scripts"
define _topdir "$work"
define _rpmdir "$work"
define _build_name_fmt '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm'
# Known to rpm from RHEL 8 on.
define _binary_payload "w${level}T2.xzdio"
define _buildhost localhost
define use_source_date_epoch_as_buildtime 1
define clamp_mtime_to_source_date_epoch 1
rpmbuild -bb --quiet --load "$work/macros" packaging/rpm/query-exporter.spec
name=$(cd "$work" && ls ./*.rpm)
mv "$work/$name" "$packages"
finish "${name#./}"
