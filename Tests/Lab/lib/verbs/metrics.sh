# shellcheck shell=bash
# What monitoring systems read of an agent: by HTTP, as Prometheus does, or by its own command.

# The metrics that an agent serves on [::1]:9112, without the head.
scrape() { on "$1" "$lib/guest/scrape.sh"; } # GATEWAY

# One value, by the agent's own command; nothing when there is no such series.
metric() { # GATEWAY SERIES
  QUIET=1 vpnagent "$1" metrics | awk -v series="vpnagent_$2" '$1 == series { print $2 }'
}

metric_is() { # GATEWAY SERIES VALUE
  [[ $(metric "$1" "$2") == "$3" ]]
}

metric_above() { # GATEWAY SERIES NUMBER
  awk -v value="$(metric "$1" "$2")" -v least="$3" 'BEGIN { exit !(value != "" && value > least) }'
}

# Scrapes an agent once a second until it is killed, into $LAB/scrapes-GATEWAY.
scraper() { # GATEWAY
  on_background "$1" "scraper-$1.log" "$lib/guest/scrape.sh" "$LAB/scrapes-$1"
  scraper_pid=$started_pid
}

# Prints every counter that went back, or away, between two scrapes of a file; nothing when all is well.
counters_back() { # FILE
  awk '
    /^# at / { for (s in last) if (!(s in now) && count > 1) print s " is gone at " at
               for (s in now) last[s] = now[s]; delete now; at = $3; count++; next }
    /^#/ { next }
    $1 ~ /_(total|bucket|sum|count)(\{|$)/ {
      series = $0; sub(/ [^ ]*$/, "", series); now[series] = $NF
      if (series in last && $NF + 0 < last[series] + 0) print series ": " last[series] " then " $NF }
  ' "$1"
}
