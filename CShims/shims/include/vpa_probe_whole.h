/* Echo requests that nobody may fragment, for finding out how large a packet a path carries. */
#ifndef VPA_PROBE_WHOLE_H
#define VPA_PROBE_WHOLE_H

#include "vpa_probe.h"

/* Sends an echo request with DF by a socket of vpa_probe_open_policy; `payload_offset` and `result`
 * are not used. Returns 0; -EMSGSIZE when the kernel does not send it because it knows of a
 * smaller MTU: `mtu` is set to the longest packet it takes, IP header included; or another -errno.
 */
int vpa_probe_send_whole(int fd, uint16_t identifier, const uint8_t *payload,
                         const struct vpa_probe_out *out, uint32_t *mtu);

/* The same through `link_index`, by a socket of its own. Its reply is received by the socket that
 * vpa_probe_open_v4 or _v6 opened with this identifier. */
int vpa_probe_send_whole_by_link(uint16_t identifier, const uint8_t *payload,
                                 const struct vpa_probe_out *out, uint32_t *mtu);

#endif
