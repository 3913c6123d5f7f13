/// A cluster of SRX with three VPNs, as `show configuration` prints it.
let threeVPNs = JunosRow(
  "three VPNs",
  links: ["st0.0": "vti0"],
  redundant: [49, 60],
  """
  ## Last commit: 2026-02-14 20:50:12 UTC by netops
  version 22.4R3-S2.11;
  groups {
      node0 {
          system {
              host-name srx-muc-a;
          }
      }
      node1 {
          system {
              host-name srx-muc-b;
          }
      }
  }
  apply-groups "${node}";
  system {
      root-authentication {
          encrypted-password "$6$rounds$Zm9vYmFy"; ## SECRET-DATA
      }
      services {
          ssh;
      }
  }
  security {
      ike {
          proposal AES256-SHA256-DH14 {
              authentication-method pre-shared-keys;
              dh-group group14;
              authentication-algorithm sha-256;
              encryption-algorithm aes-256-cbc;
              lifetime-seconds 28800;
          }
          policy HEADQUARTERS {
              mode main;
              proposals AES256-SHA256-DH14;
              pre-shared-key ascii-text "$9$hQbceWX7VYgJ8XoGDiPf"; ## SECRET-DATA
          }
          policy BRANCHES {
              mode main;
              proposals AES256-SHA256-DH14;
              pre-shared-key ascii-text "$9$1NbIclLxdY4Z8XVYoJDj"; ## SECRET-DATA
          }
          /* Frankfurt, two uplinks */
          gateway GW-HQ {
              ike-policy HEADQUARTERS;
              address [ 203.0.113.1 203.0.113.65 ];
              dead-peer-detection {
                  probe-idle-tunnel;
                  interval 10;
                  threshold 3;
              }
              external-interface reth0.0;
              local-address 198.51.100.1;
              version v2-only;
          }
          gateway GW-PARIS {
              ike-policy BRANCHES;
              address 192.0.2.33;
              dead-peer-detection {
                  interval 10;
                  threshold 3;
              }
              external-interface reth0.0;
              version v2-only;
          }
          gateway GW-LYON {
              ike-policy BRANCHES;
              address 192.0.2.77;
              external-interface reth0.0;
              version v2-only;
          }
          inactive: gateway GW-OLD {
              ike-policy BRANCHES;
              address 192.0.2.99;
              external-interface reth0.0;
          }
      }
      ipsec {
          vpn-monitor-options {
              interval 5;
              threshold 6;
          }
          proposal ESP-AES256GCM {
              protocol esp;
              encryption-algorithm aes-256-gcm;
              lifetime-seconds 3600;
          }
          policy PFS14 {
              perfect-forward-secrecy {
                  keys group14;
              }
              proposals ESP-AES256GCM;
          }
          vpn HQ {
              bind-interface st0.0;
              df-bit clear;
              vpn-monitor {
                  optimized;
                  verify-path {
                      packet-size 1300;
                  }
              }
              ike {
                  gateway GW-HQ;
                  ipsec-policy PFS14;
              }
              establish-tunnels immediately;
          }
          vpn "Paris/La Defense" {
              bind-interface st0.1;
              vpn-monitor {
                  source-interface lo0.0;
                  destination-ip 10.33.0.1;
              }
              ike {
                  gateway GW-PARIS;
                  proxy-identity {
                      local 10.1.0.0/16;
                      remote 10.33.0.0/16;
                  }
                  ipsec-policy PFS14;
              }
              establish-tunnels immediately;
          }
          vpn LYON {
              bind-interface st0.2;
              ike {
                  gateway GW-LYON;
                  ipsec-policy PFS14;
              }
              establish-tunnels on-traffic;
          }
      }
      policies {
          from-zone trust to-zone vpn {
              policy permit-all {
                  match {
                      source-address any;
                      destination-address any;
                      application any;
                  }
                  then {
                      permit;
                  }
              }
          }
      }
      zones {
          security-zone vpn {
              interfaces {
                  st0.0;
                  st0.1;
                  st0.2;
              }
          }
      }
  }
  interfaces {
      reth0 {
          unit 0 {
              family inet {
                  address 198.51.100.1/27;
              }
          }
      }
      st0 {
          unit 0 {
              family inet {
                  mtu 1400;
                  address 169.254.100.1/30;
              }
          }
          unit 1 {
              family inet;
          }
          unit 2 {
              family inet {
                  address 169.254.100.9/30;
              }
          }
      }
  }
  routing-options {
      static {
          route 0.0.0.0/0 next-hop 198.51.100.30;
          route 10.2.0.0/16 next-hop 169.254.100.2;
          route 10.4.0.0/14 next-hop st0.0;
          route 10.33.0.0/16 next-hop st0.1;
          route 10.69.0.0/16 next-hop st0.2;
          route 10.70.0.0/16 {
              next-hop st0.0;
              qualified-next-hop st0.1 {
                  preference 10;
              }
          }
      }
  }

  """,
  toml: threeVPNsFile)
