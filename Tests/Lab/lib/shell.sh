# shellcheck shell=bash
# Start-up file of the prompt that `scripts/lab --shell` gives: all verbs can be typed.
for file in "$lib"/verbs/*.sh; do
  # shellcheck source=/dev/null # every file of verbs
  source "$file"
done
exec 9>&1
PS1='lab# '
fail() { echo "failed: $*" >&2; return 1; }

help_lab() {
  cat <<'HELP'
  host-a ---- gw-a ==== transit ==== gw-b ---- host-b        exit (or Ctrl-D) takes it all down
  on NODE COMMAND...        any command there:  on gw-a ip route    on gw-b bash
  ike_up gw-a  child_up gw-a  rekey_child gw-a  rekey_ike gw-a  reauth gw-a  swan gw-a --list-sas
  monitoring gw-a | agent gw-a   agent gw-a <FILE   vpnagent gw-a status
  status gw-a  agent_kill gw-a KILL  agent_again gw-a
  drop_esp both|a-to-b|b-to-a  drop_ike WAY  drop_all WAY  delay 50ms  loss 10%  heal
  esp_seen a-to-b           ESP packets that reached transit
  clear_packets             what the capture on transit holds in clear
  ls $LAB                   logs, configuration, capture           help_lab  this text
HELP
}
help_lab
