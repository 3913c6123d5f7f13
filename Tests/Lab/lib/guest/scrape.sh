#!/bin/bash
# A client of the agent's metrics on [::1]:9112, run on a gateway: prints them once, or with a file
# goes on once a second and appends them there, a line `# at MS` before each.
set -euo pipefail

scrape() {
  local status line
  exec 3<>/dev/tcp/::1/9112
  printf 'GET /metrics HTTP/1.1\r\nHost: agent\r\n\r\n' >&3
  read -r _ status _ <&3
  [[ $status == 200 ]]
  while IFS= read -r line <&3 && [[ $line != $'\r' ]]; do :; done
  cat <&3
}

(($#)) || { scrape; exit; }
exec 9<> <(:)
while :; do
  at=${EPOCHREALTIME/[.,]/}
  if text=$(scrape 2>/dev/null); then printf '# at %s\n%s\n' "${at%???}" "$text" >>"$1"; fi
  read -rt 1 -u 9 _ || true
done
