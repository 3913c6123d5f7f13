/* Probe sockets of tunnels without a link: their policies name the SAs. */
#ifndef VPA_PROBE_POLICY_H
#define VPA_PROBE_POLICY_H

#include "vpa_ip.h"

/* Between which addresses a socket probes, and through which SAs. */
struct vpa_probe_policy {
  struct vpa_ip source; /* inner addresses, of one family */
  struct vpa_ip destination;
  struct vpa_ip local; /* endpoints of the SAs, of one family */
  struct vpa_ip remote;
  uint32_t reqid;
};

/* Opens a socket as vpa_probe_open_v4 or _v6 does, bound to `source`, connected to `destination`,
 * and with an IN and an OUT policy of its own: what it sends goes through an ESP tunnel-mode SA of
 * this reqid and these endpoints or not at all (-EAGAIN), what it receives came through one. SAs
 * with a mark or an if_id never match. Returns the fd, or -errno (-EPERM without CAP_NET_ADMIN). */
int vpa_probe_open_policy(const struct vpa_probe_policy *policy, uint16_t identifier);

#endif
