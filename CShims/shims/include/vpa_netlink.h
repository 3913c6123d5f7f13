#ifndef VPA_NETLINK_H
#define VPA_NETLINK_H

#include "vpa_decode.h"
#include "vpa_event.h"

/* A netlink socket with its receive buffer. */
struct vpa_netlink;

/* What was not delivered. */
struct vpa_netlink_drops {
  uint64_t foreign;   /* datagrams not sent by the kernel */
  uint64_t malformed; /* messages that could not be decoded */
  uint64_t truncated; /* datagrams longer than the receive buffer; each counts as an overrun */
  uint64_t overruns;  /* times the kernel said that it dropped events */
};

/* Opens a non-blocking event socket subscribed to SAs, policies and expiries (XFRM), or links,
 * addresses, routes, nexthops and IPv6 rules (ROUTE), asking for `receive_bytes` of kernel buffer;
 * returns 0 or -errno. */
int vpa_events_open(struct vpa_netlink **socket, enum vpa_netlink_protocol protocol,
                    int receive_bytes);

/* Returns 1 with the next event, 0 when drained, -ENOBUFS when drained and events were lost. */
int vpa_events_next(struct vpa_netlink *socket, struct vpa_event *event);

/* Opens a request socket that waits at most `timeout_ms` for a reply, or not at all when that is 0;
 * returns 0 or -errno. */
int vpa_requests_open(struct vpa_netlink **socket, enum vpa_netlink_protocol protocol,
                      int timeout_ms);

/* Sends a built message; returns 0 or -errno. Its replies must then be read to the end. */
int vpa_request_send(struct vpa_netlink *socket, const void *message, size_t length);

/* Returns 1 with the next item of the reply, 0 at its end, -ESTALE at the end of a dump that the
 * kernel marked inconsistent, -ETIMEDOUT when nothing came, or the kernel's -errno. */
int vpa_request_next(struct vpa_netlink *socket, struct vpa_event *event);

/* As vpa_request_next for a dump, on a socket that does not wait, a datagram at a time (some 50
 * SAs): -EAGAIN says that one was taken to its end, and wiped, or that none has come yet. The
 * kernel fills the next one when one is received. */
int vpa_dump_next(struct vpa_netlink *socket, struct vpa_event *event);

/* Returns what the kernel wrote about the last failed request; empty when nothing. */
const char *vpa_request_complaint(const struct vpa_netlink *socket);

/* The message behind the event last returned stays in the socket until the next call that reads;
 * it may hold keys, so only these see it. */

/* Returns its length. */
size_t vpa_message_length(const struct vpa_netlink *socket);

/* Does vpa_build_route_replay or vpa_build_nexthop_replay with it. */
int vpa_message_replay(const struct vpa_netlink *socket, void *buffer, size_t capacity);

/* Does vpa_build_sa_expire with it. */
int vpa_message_sa_expire(const struct vpa_netlink *socket, void *buffer, size_t capacity,
                          bool hard);

/* Returns the socket's descriptor. */
int vpa_netlink_fd(const struct vpa_netlink *socket);

/* Returns what the socket dropped so far. */
struct vpa_netlink_drops vpa_netlink_drops(const struct vpa_netlink *socket);

/* Closes the socket and wipes its buffer. */
void vpa_netlink_close(struct vpa_netlink *socket);

/* Deletes the SA of this key (by libnl-xfrm, on a socket of its own); returns 0 or -errno, -ESRCH
 * when there is none. */
int vpa_sa_delete(const struct vpa_sa_key *key);

#endif
