/*
 * The C layer of vpnagent: the one place that sees <linux/...>, libmnl, libnl,
 * libmicrohttpd and libsystemd.
 *
 * Flat structs in, flat structs out, "a value or -errno", no policy. Everything is in host order
 * unless a field says otherwise. Keys of SAs never leave: decoders copy named fields only, and
 * receive buffers are wiped after each datagram. Only LinuxEdge calls this.
 */
#ifndef VPNAGENT_CSHIMS_H
#define VPNAGENT_CSHIMS_H

#include "vpa_build.h"
#include "vpa_capture.h"
#include "vpa_decode.h"
#include "vpa_event.h"
#include "vpa_http.h"
#include "vpa_ike_ping.h"
#include "vpa_inspect.h"
#include "vpa_io.h"
#include "vpa_ip.h"
#include "vpa_netlink.h"
#include "vpa_probe.h"
#include "vpa_probe_policy.h"
#include "vpa_probe_whole.h"
#include "vpa_process.h"
#include "vpa_reactor.h"
#include "vpa_service.h"
#include "vpa_terminal.h"
#include "vpa_testing.h"

#endif
