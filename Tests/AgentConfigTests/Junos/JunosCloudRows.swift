/// Configurations such as clouds and vendors hand out for an SRX, with other names and addresses.
let junosCloudRows: [JunosRow] = [
  JunosRow(
    "Amazon: two tunnels, BGP, units in one word",
    """
    set security ike proposal ike-prop-1 authentication-method pre-shared-keys
    set security ike proposal ike-prop-1 authentication-algorithm sha1
    set security ike proposal ike-prop-1 encryption-algorithm aes-128-cbc
    set security ike proposal ike-prop-1 lifetime-seconds 28800
    set security ike proposal ike-prop-1 dh-group group2
    set security ike policy ike-pol-1 mode main
    set security ike policy ike-pol-1 proposals ike-prop-1
    set security ike policy ike-pol-1 pre-shared-key ascii-text abcdefgh1
    set security ike gateway gw-1 ike-policy ike-pol-1
    set security ike gateway gw-1 external-interface ge-0/0/0.0
    set security ike gateway gw-1 address 203.0.113.17
    set security ike gateway gw-1 no-nat-traversal
    set security ike gateway gw-1 dead-peer-detection interval 10 threshold 3
    set security ipsec proposal ipsec-prop-1 protocol esp
    set security ipsec proposal ipsec-prop-1 authentication-algorithm hmac-sha1-96
    set security ipsec proposal ipsec-prop-1 lifetime-seconds 3600
    set security ipsec policy ipsec-pol-1 perfect-forward-secrecy keys group2
    set security ipsec policy ipsec-pol-1 proposals ipsec-prop-1
    set security ipsec vpn vpn-1 ike gateway gw-1
    set security ipsec vpn vpn-1 ike ipsec-policy ipsec-pol-1
    set security ipsec vpn vpn-1 df-bit clear
    set security ipsec vpn vpn-1 bind-interface st0.1
    set interfaces st0.1 family inet address 169.254.249.2/30
    set interfaces st0.1 family inet mtu 1436
    set security zones security-zone trust interfaces st0.1
    set security zones security-zone untrust host-inbound-traffic system-services ike
    set security zones security-zone trust host-inbound-traffic protocols bgp
    set security flow tcp-mss ipsec-vpn mss 1379
    set policy-options policy-statement EXPORT term default from route-filter 0.0.0.0/0 exact
    set protocols bgp group ebgp neighbor 169.254.249.1 peer-as 64512
    set security ike gateway gw-2 ike-policy ike-pol-1
    set security ike gateway gw-2 external-interface ge-0/0/0.0
    set security ike gateway gw-2 address 203.0.113.18
    set security ipsec vpn vpn-2 ike gateway gw-2
    set security ipsec vpn vpn-2 bind-interface st0.2
    set interfaces st0.2 family inet address 169.254.249.6/30
    set interfaces st0.2 family inet mtu 1436
    set security zones security-zone trust interfaces st0.2

    """),
  JunosRow(
    "Amazon: static routes, both tunnels, tracked by RPM",
    """
    set security ike gateway gw-1 address 203.0.113.17
    set security ike gateway gw-2 address 203.0.113.18
    set security ipsec vpn vpn-1 ike gateway gw-1
    set security ipsec vpn vpn-1 bind-interface st0.1
    set security ipsec vpn vpn-1 vpn-monitor source-interface st0.1 destination-ip 169.254.249.1
    set security ipsec vpn vpn-2 ike gateway gw-2
    set security ipsec vpn vpn-2 bind-interface st0.2
    set interfaces st0.1 family inet address 169.254.249.2/30
    set interfaces st0.2 family inet address 169.254.249.6/30
    set services rpm probe P test T target address 169.254.249.1
    set services rpm probe P test T destination-interface st0.1
    set routing-options static route 10.0.0.0/16 next-hop 169.254.249.1
    set routing-options static route 10.0.0.0/16 qualified-next-hop 169.254.249.5 preference 20
    set routing-options static route 10.1.0.0/16 next-hop st0.1 metric 10
    set routing-options static route 10.1.0.0/16 next-hop st0.2
    set routing-options static route 10.2.0.0/16 next-hop st0.2 preference 7 tag 100
    set routing-options static route 10.3.0.0/16 next-hop 192.0.2.1 qualified-next-hop st0.1
    set routing-options static route 10.4.0.0/16 next-hop st0.1
    deactivate routing-options static route 10.4.0.0/16

    """),
  JunosRow(
    "Azure: route-based, IKEv2, no address on the link",
    """
    security {
        ike {
            proposal Azure-IKE {
                authentication-method pre-shared-keys;
                dh-group group2;
                authentication-algorithm sha-256;
                encryption-algorithm aes-256-cbc;
                lifetime-seconds 28800;
            }
            policy Azure-IKE {
                mode main;
                proposals Azure-IKE;
                pre-shared-key ascii-text "$9$abcdef"; ## SECRET-DATA
            }
            gateway Azure-GW {
                ike-policy Azure-IKE;
                address 203.0.113.40;
                external-interface ge-0/0/1.0;
                version v2-only;
            }
        }
        ipsec {
            proposal Azure-ESP {
                protocol esp;
                authentication-algorithm hmac-sha-256-128;
                encryption-algorithm aes-256-cbc;
                lifetime-seconds 27000;
                lifetime-kilobytes 102400000;
            }
            policy Azure-VPN {
                proposals Azure-ESP;
            }
            vpn Azure {
                bind-interface st0.0;
                ike {
                    gateway Azure-GW;
                    ipsec-policy Azure-VPN;
                }
                establish-tunnels immediately;
            }
        }
        flow {
            tcp-mss {
                ipsec-vpn {
                    mss 1350;
                }
            }
        }
        policies {
            from-zone trust to-zone azure {
                policy out {
                    match {
                        source-address onprem;
                        destination-address azure;
                        application any;
                    }
                    then {
                        permit;
                    }
                }
            }
        }
        zones {
            security-zone azure {
                host-inbound-traffic {
                    system-services {
                        ping;
                    }
                }
                interfaces {
                    st0.0 {
                        host-inbound-traffic {
                            system-services {
                                ike;
                                ping;
                            }
                        }
                    }
                }
            }
        }
    }
    interfaces {
        st0 {
            description "to clouds";
            unit 0 {
                description Azure;
                family inet;
                family inet6 {
                    mtu 1400;
                }
            }
        }
    }
    routing-options {
        static {
            route 10.50.0.0/16 {
                next-hop st0.0;
                no-readvertise;
            }
            inactive: route 10.51.0.0/16 next-hop st0.0;
        }
    }

    """),
  JunosRow(
    "Google: one tunnel with BGP, selectors left wide",
    """
    set security ike gateway gcp-gw address 203.0.113.60
    set security ike gateway gcp-gw external-interface ge-0/0/0.0
    set security ike gateway gcp-gw local-address 198.51.100.7
    set security ike gateway gcp-gw local-identity inet 198.51.100.7
    set security ike gateway gcp-gw version v2-only
    set security ipsec vpn gcp ike gateway gcp-gw
    set security ipsec vpn gcp ike proxy-identity local 0.0.0.0/0
    set security ipsec vpn gcp ike proxy-identity remote 0.0.0.0/0
    set security ipsec vpn gcp establish-tunnels immediately
    set security ipsec vpn gcp bind-interface st0.5
    set interfaces st0 unit 5 family inet mtu 1460
    set interfaces st0 unit 5 family inet address 169.254.7.2/30
    set interfaces st0 unit 5 family inet sampling input
    set interfaces st0 unit 5 family inet filter input FROM-GCP
    set interfaces st0 unit 5 bandwidth 1g
    set security zones security-zone gcp interfaces st0.5 host-inbound-traffic protocols bgp
    set security zones security-zone gcp interfaces st0.5 host-inbound-traffic system-services ping
    set protocols bgp group gcp neighbor 169.254.7.1 peer-as 65000
    set protocols ospf area 0.0.0.0 interface st0.5 passive

    """),
  JunosRow(
    "Oracle: two tunnels in a virtual router, selectors",
    """
    set security ike gateway oci-1 address 203.0.113.80
    set security ike gateway oci-2 address 203.0.113.81
    set security ipsec vpn oci-1 ike gateway oci-1
    set security ipsec vpn oci-1 bind-interface st0.10
    set security ipsec vpn oci-1 vpn-monitor
    set security ipsec vpn oci-1 df-bit copy
    set security ipsec vpn oci-1 traffic-selector a local-ip 10.1.0.0/16 remote-ip 10.90.0.0/16
    set security ipsec vpn oci-1 traffic-selector b term x local-ip 10.2.0.0/16
    set security ipsec vpn oci-1 traffic-selector b term x remote-ip 10.91.0.0/16
    set security ipsec vpn oci-1 traffic-selector b term y local-ip 10.3.0.0/16
    set security ipsec vpn oci-1 traffic-selector b term y remote-ip 10.92.0.0/16 protocol tcp
    set security ipsec vpn oci-1 traffic-selector b term y destination-port 443
    set security ipsec vpn oci-2 ike gateway oci-2
    set security ipsec vpn oci-2 bind-interface st0.11
    set interfaces st0 unit 10 family inet
    set interfaces st0 unit 11 family inet
    set routing-instances oci instance-type virtual-router
    set routing-instances oci interface st0.10
    set routing-instances oci interface st0.11
    set routing-instances oci interface ge-0/0/3.0
    set routing-instances oci routing-options static route 10.90.0.0/16 next-hop st0.10
    set routing-instances oci routing-options rib oci.inet6.0 static route 2001:db8:9::/48 next-hop st0.10
    set routing-instances oci routing-options static route 10.93.0.0/16 next-hop [ st0.10 st0.11 ]
    set routing-instances oci protocols ospf area 0 interface st0.11
    set routing-options static route 10.94.0.0/16 next-hop st0.10

    """),
  JunosRow(
    "a hub: many VPNs on one unit",
    links: ["A": "vti1", "B": "vti2"],
    """
    set security ike gateway A address 203.0.113.1
    set security ike gateway B address 203.0.113.2
    set security ipsec vpn A ike gateway A
    set security ipsec vpn A bind-interface st0.0
    set security ipsec vpn B ike gateway B
    set security ipsec vpn B bind-interface st0.0
    set security ipsec df-bit set
    set interfaces st0 unit 0 multipoint
    set interfaces st0 unit 0 family inet next-hop-tunnel 10.255.0.2 ipsec-vpn A
    set interfaces st0 unit 0 family inet next-hop-tunnel 10.255.0.3 ipsec-vpn B
    set interfaces st0 unit 0 family inet address 10.255.0.1/24
    set interfaces st0 unit 1
    set routing-options static route 10.7.0.0/16 next-hop 10.255.0.2
    set security policies from-zone trust to-zone untrust policy P then permit tunnel ipsec-vpn A
    set security policies from-zone trust to-zone untrust policy P match source-address any

    """),
  JunosRow(
    "everything in groups",
    """
    set groups top security ike gateway G address 203.0.113.5
    set groups top security ipsec vpn V ike gateway G
    set groups top security ipsec vpn V bind-interface st0.0
    set groups top interfaces st0.0 family inet address 10.255.0.1/30
    set groups unused interfaces st0 unit 0 family inet mtu 1400
    set apply-groups top

    """),
  JunosRow(
    "everything in a logical system and a tenant",
    """
    set logical-systems LS interfaces st0 unit 0 family inet
    set logical-systems LS security ike gateway G address 203.0.113.5
    set tenants T security ipsec vpn V ike gateway G

    """),
]
