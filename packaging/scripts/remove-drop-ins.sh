
# What scripts/configure.sh made.
for unit in query-exporter.service query-exporter-local.service; do
  folder=/etc/systemd/system/$unit.d
  rm -f "$folder/systemd-252.conf"
  [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"
done
