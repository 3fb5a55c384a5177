#!/bin/sh
# The exposure of the units, which is what they might do to the host, by systemd's own rules: 1.1 for the one that talks
# TCP, 0.4 for the one without network. Fails where a unit is worse. Needs systemd-analyze.
set -eu
cd "$(dirname "$0")/../../systemd"
status=0

score() {
  findings=$(systemd-analyze security --no-pager --offline=true --threshold="$2" "$1") || status=1
  printf '%s\n' "$findings" | grep -e '^✗' -e '→'
}
# The thresholds are in tenths.
score query-exporter.service 11
score query-exporter-local.service 4
exit $status
