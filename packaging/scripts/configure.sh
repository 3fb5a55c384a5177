
# What both kinds of packages do once their files are there. `upgrade` is empty at the first installation; `invoke` is what
# starts and stops services.
systemd-sysusers query-exporter.conf

# The configuration may hold passwords: the service reads it as a member of its group. Only at the first installation,
# since what the administrator has changed later stays.
if [ -z "$upgrade" ] && [ -e /etc/query-exporter/config.yml ]; then
  chgrp query-exporter /etc/query-exporter/config.yml
fi
# The units load it as a credential and would not start without it.
if [ ! -e /etc/query-exporter/db_password ]; then
  install -m 600 /dev/null /etc/query-exporter/db_password
fi

for unit in query-exporter.service query-exporter-local.service; do
  folder=/etc/systemd/system/$unit.d
  if command -v systemctl >/dev/null &&
    [ "$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')" -lt 253 ]; then
    mkdir -p "$folder"
    ln -sf /usr/lib/query-exporter/systemd-252.conf "$folder/systemd-252.conf"
  elif [ -L "$folder/systemd-252.conf" ]; then
    rm "$folder/systemd-252.conf"
    rmdir --ignore-fail-on-non-empty "$folder"
  fi
done

# Nothing is started by the installation: there is no database to ask before it is configured.
if [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
  if [ -n "$upgrade" ]; then
    $invoke try-restart query-exporter.service query-exporter-local.service >/dev/null || true
  fi
fi
