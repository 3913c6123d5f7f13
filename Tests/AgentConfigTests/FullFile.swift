/// A valid file with every key in it.
let fullFile = """
  vici-socket = "/run/ike/charon.vici"
  notify = ["/usr/local/sbin/page", "--team", "net"]
  notify-timeout = 2.5
  mass-failure-threshold = 0.25
  max-clears-per-minute = 6
  metrics = { listen = "[::1]:9112" }
  respond-bad-spi = { max-responses = 7 }

  # Defaults for every VPN that has vpn-monitor.
  [vpn-monitor-options]
  interval = 5
  threshold = 6
  action = "hold"
  recovery-threshold = 3
  renegotiate-backoff = { initial = 20, maximum = 100 }
  never-answered = "clear"
  path-mtu = true

  [gateway.GW-B]
  address = ["203.0.113.1", "203.0.113.2"]
  local-address = "198.51.100.1"
  ike-connection = "branch"

  [gateway.GW-6]
  address = "2001:db8::1"

  [vpn.to-b]
  gateway = "GW-B"
  bind-interface = "vti0"
  establish-tunnels = "immediately"
  link-control = "oper"
  routes = [
    "10.2.0.0/16",  # the branch
    "10.3.0.0/16",
  ]
  guard-protocols = ["boot", "static", "unset", 186]
  held-route = "none"
  ike-child = "net"
  renegotiate-command = ["ipsec", "auto", "--up", "to-b"]

  [vpn.to-b.vpn-monitor]
  optimized = true
  interval = 1.0
  threshold = 3
  timeout = 0.5
  probe-source = "endpoint"
  source-interface = "lo"
  destination-ip = "10.99.0.2"
  accept-clear-reply = true
  action = "warn"
  recovery-threshold = 4
  renegotiate-backoff.maximum = 200.0
  never-answered = "warn"
  path-mtu = false

  [vpn.to-b.vpn-monitor.verify-path]
  destination-ip = ["10.99.0.3", "fd99::3"]
  packet-size = 1350

  [vpn.a6]
  gateway = "GW-6"
  bind-interface = "xfrm6"
  establish-tunnels = "responder-only"
  link-control = "none"
  routes = ["2001:db8:2::/48"]
  vpn-monitor = { verify-path = true }

  [vpn.shown]
  gateway = "GW-6"
  vpn-monitor = false

  """
