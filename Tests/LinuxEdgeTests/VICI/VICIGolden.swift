import LinuxEdge
import TunnelCore

/// What strongSwan 5.9.8 sent: events, without their length. SPIs and ids are the lab's.
enum VICIGolden {
  static let listSA = hex(
    """
    07 07 6c6973742d7361                                     | event "list-sa"
    01 04 746f2d62                                           | to-b {
    03 08 756e697175656964 0001 31                           |   uniqueid = 1
    03 07 76657273696f6e 0001 32                             |   version = 2
    03 05 7374617465 000b 45535441424c4953484544             |   state = ESTABLISHED
    03 0a 6c6f63616c2d686f7374 000c 3139382e35312e3130302e31 |   local-host = 198.51.100.1
    03 0a 6c6f63616c2d706f7274 0004 34353030                 |   local-port = 4500
    03 08 6c6f63616c2d6964 0004 67772d61                     |   local-id = gw-a
    03 0b 72656d6f74652d686f7374 000b 3230332e302e3131332e31 |   remote-host = 203.0.113.1
    03 0b 72656d6f74652d706f7274 0004 34353030               |   remote-port = 4500
    03 09 72656d6f74652d6964 0004 67772d62                   |   remote-id = gw-b
    03 09 696e69746961746f72 0003 796573                     |   initiator = yes
    03 0d 696e69746961746f722d737069 0010
    65633035396536363634386231663862                         |   initiator-spi = ec059e66648b1f8b
    03 0d 726573706f6e6465722d737069 0010
    35303931353839656464316263356434                         |   responder-spi = 5091589edd1bc5d4
    03 08 656e63722d616c67 000a 4145535f47434d5f3136         |   encr-alg = AES_GCM_16
    03 0c 656e63722d6b657973697a65 0003 313238               |   encr-keysize = 128
    03 07 7072662d616c67 0011 5052465f484d41435f534841325f323536 |   prf-alg = PRF_HMAC_SHA2_256
    03 08 64682d67726f7570 0007 4543505f323536               |   dh-group = ECP_256
    03 0b 65737461626c6973686564 0001 33                     |   established = 3
    03 0a 72656b65792d74696d65 0005 3133373132               |   rekey-time = 13712
    01 09 6368696c642d736173                                 |   child-sas {
    01 05 6e65742d31                                         |     net-1 {
    03 04 6e616d65 0003 6e6574                               |       name = net
    03 08 756e697175656964 0001 31                           |       uniqueid = 1
    03 05 7265716964 0001 31                                 |       reqid = 1
    03 05 7374617465 0009 494e5354414c4c4544                 |       state = INSTALLED
    03 04 6d6f6465 0006 54554e4e454c                         |       mode = TUNNEL
    03 08 70726f746f636f6c 0003 455350                       |       protocol = ESP
    03 06 7370692d696e 0008 6362643461363438                 |       spi-in = cbd4a648
    03 07 7370692d6f7574 0008 6365353239323666               |       spi-out = ce52926f
    03 07 6d61726b2d696e 0008 3030303030303261               |       mark-in = 0000002a
    03 08 6d61726b2d6f7574 0008 3030303030303261             |       mark-out = 0000002a
    03 08 656e63722d616c67 000a 4145535f47434d5f3136         |       encr-alg = AES_GCM_16
    03 0c 656e63722d6b657973697a65 0003 313238               |       encr-keysize = 128
    03 08 62797465732d696e 0001 30                           |       bytes-in = 0
    03 0a 7061636b6574732d696e 0001 30                       |       packets-in = 0
    03 09 62797465732d6f7574 0001 30                         |       bytes-out = 0
    03 0b 7061636b6574732d6f7574 0001 30                     |       packets-out = 0
    03 0a 72656b65792d74696d65 0004 33323630                 |       rekey-time = 3260
    03 09 6c6966652d74696d65 0004 33393537                   |       life-time = 3957
    03 0c 696e7374616c6c2d74696d65 0001 33                   |       install-time = 3
    04 08 6c6f63616c2d7473                                   |       local-ts = [
    05 0009 302e302e302e302f30                               |         0.0.0.0/0
    05 0004 3a3a2f30                                         |         ::/0
    06                                                       |       ]
    04 09 72656d6f74652d7473                                 |       remote-ts = [
    05 0009 302e302e302e302f30                               |         0.0.0.0/0
    05 0004 3a3a2f30                                         |         ::/0
    06                                                       |       ]
    02                                                       |     }
    02                                                       |   }
    02                                                       | }
    """)

  /// The IKE SA in it.
  static let ikeSA = {
    var sa = plainIKESA
    sa.facts.localID = "gw-a"
    sa.facts.remoteID = "gw-b"
    sa.facts.localPort = 4500
    sa.facts.initiatorSPI = "ec059e66648b1f8b"
    sa.facts.responderSPI = "5091589edd1bc5d4"
    sa.facts.algorithms = ["AES_GCM_16-128", "PRF_HMAC_SHA2_256", "ECP_256"]
    sa.facts.established = 3
    sa.facts.renewal = 13712
    return sa
  }()
  private static let plainIKESA = IKESA(
    connection: "to-b", id: 1, state: "ESTABLISHED", version: 2, isInitiator: true,
    isWaiting: false, local: IPAddress(198, 51, 100, 1), remote: IPAddress(203, 0, 113, 1),
    remotePort: 4500,
    children: [
      ChildSA(
        name: ChildName(connection: "to-b", child: "net"), ikeID: 1, childID: 1,
        state: .installed,
        inbound: SAID(destination: IPAddress(198, 51, 100, 1), spi: 0xcbd4_a648),
        outbound: SAID(destination: IPAddress(203, 0, 113, 1), spi: 0xce52_926f))
    ])

  /// A list-conn event, likewise.
  static let listConn = hex(
    """
    07 09 6c6973742d636f6e6e                                   | event "list-conn"
    01 04 746f2d62                                             | to-b {
    04 0b 6c6f63616c5f6164647273                               |   local_addrs = [
    05 000c 3139382e35312e3130302e31                           |     198.51.100.1
    06                                                         |   ]
    04 0c 72656d6f74655f6164647273                             |   remote_addrs = [
    05 000b 3230332e302e3131332e31                             |     203.0.113.1
    06                                                         |   ]
    03 07 76657273696f6e 0005 494b457632                       |   version = IKEv2
    03 0b 7265617574685f74696d65 0001 30                       |   reauth_time = 0
    03 0a 72656b65795f74696d65 0005 3134343030                 |   rekey_time = 14400
    03 06 756e69717565 0009 554e495155455f4e4f                 |   unique = UNIQUE_NO
    01 07 6c6f63616c2d31                                       |   local-1 {
    03 02 6964 0004 67772d61                                   |     id = gw-a
    03 05 636c617373 000e 7072652d736861726564206b6579         |     class = pre-shared key
    04 06 67726f757073                                         |     groups = [
    06                                                         |     ]
    04 0b 636572745f706f6c696379                               |     cert_policy = [
    06                                                         |     ]
    04 05 6365727473                                           |     certs = [
    06                                                         |     ]
    04 07 63616365727473                                       |     cacerts = [
    06                                                         |     ]
    02                                                         |   }
    01 08 72656d6f74652d31                                     |   remote-1 {
    03 02 6964 0004 67772d62                                   |     id = gw-b
    03 05 636c617373 000e 7072652d736861726564206b6579         |     class = pre-shared key
    04 06 67726f757073                                         |     groups = [
    06                                                         |     ]
    04 0b 636572745f706f6c696379                               |     cert_policy = [
    06                                                         |     ]
    04 05 6365727473                                           |     certs = [
    06                                                         |     ]
    04 07 63616365727473                                       |     cacerts = [
    06                                                         |     ]
    02                                                         |   }
    01 08 6368696c6472656e                                     |   children {
    01 03 6e6574                                               |     net {
    03 04 6d6f6465 0006 54554e4e454c                           |       mode = TUNNEL
    03 0a 72656b65795f74696d65 0004 33363030                   |       rekey_time = 3600
    03 0b 72656b65795f6279746573 0001 30                       |       rekey_bytes = 0
    03 0d 72656b65795f7061636b657473 0001 30                   |       rekey_packets = 0
    03 0a 6470645f616374696f6e 0004 6e6f6e65                   |       dpd_action = none
    03 0c 636c6f73655f616374696f6e 0004 6e6f6e65               |       close_action = none
    04 08 6c6f63616c2d7473                                     |       local-ts = [
    05 0009 302e302e302e302f30                                 |         0.0.0.0/0
    05 0004 3a3a2f30                                           |         ::/0
    06                                                         |       ]
    04 09 72656d6f74652d7473                                   |       remote-ts = [
    05 0009 302e302e302e302f30                                 |         0.0.0.0/0
    05 0004 3a3a2f30                                           |         ::/0
    06                                                         |       ]
    02                                                         |     }
    02                                                         |   }
    02                                                         | }
    """)

  /// The connection in it.
  static let connection = IKEConnection(
    name: "to-b", version: "IKEv2", local: [IPAddress(198, 51, 100, 1)],
    remote: [IPAddress(203, 0, 113, 1)], dpdDelay: 0,
    children: [
      .init(
        name: "net", mode: "TUNNEL", local: [.any(.ipv4), .any(.ipv6)],
        remote: [.any(.ipv4), .any(.ipv6)], dpdAction: "none", closeAction: "none")
    ])
}
