#include "socket.h"
#include "attribute.h"
#include "vpa_build.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int set_option(int fd, int option, int value) {
  return setsockopt(fd, SOL_NETLINK, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int open_socket(struct vpa_netlink **out, enum vpa_netlink_protocol protocol, int flags) {
  struct vpa_netlink *nl = calloc(1, sizeof *nl);
  if (!nl)
    return -ENOMEM;
  struct sockaddr_nl self = {.nl_family = AF_NETLINK}; /* nl_pid 0: the kernel picks one */
  nl->protocol = protocol;
  nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags,
                  protocol == VPA_NETLINK_XFRM ? NETLINK_XFRM : NETLINK_ROUTE);
  if (nl->fd < 0 || bind(nl->fd, (struct sockaddr *)&self, sizeof self) < 0) {
    int error = -errno;
    vpa_netlink_close(nl);
    return error;
  }
  *out = nl;
  return 0;
}

static int subscribe(const struct vpa_netlink *nl) {
  static const int xfrm[] = {XFRMNLGRP_SA, XFRMNLGRP_EXPIRE, XFRMNLGRP_POLICY, 0};
  static const int route[] = {RTNLGRP_LINK,
                              RTNLGRP_IPV4_IFADDR,
                              RTNLGRP_IPV6_IFADDR,
                              RTNLGRP_IPV4_ROUTE,
                              RTNLGRP_IPV6_ROUTE,
                              RTNLGRP_IPV6_RULE,
                              0};
  int result = 0;
  for (const int *group = nl->protocol == VPA_NETLINK_XFRM ? xfrm : route; *group && !result;
       group++)
    result = set_option(nl->fd, NETLINK_ADD_MEMBERSHIP, *group);
  /* Kernels before 5.3 have no nexthop objects. */
  if (result == 0 && nl->protocol == VPA_NETLINK_ROUTE)
    (void)set_option(nl->fd, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEXTHOP);
  return result;
}

int vpa_events_open(struct vpa_netlink **out, enum vpa_netlink_protocol protocol,
                    int receive_bytes) {
  struct vpa_netlink *nl;
  int result = open_socket(&nl, protocol, SOCK_NONBLOCK);
  if (result < 0)
    return result;
  /* FORCE passes net.core.rmem_max and needs CAP_NET_ADMIN of the initial user namespace. */
  if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes) < 0)
    (void)setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  result = subscribe(nl);
  if (result < 0)
    vpa_netlink_close(nl);
  else
    *out = nl;
  return result;
}

int vpa_requests_open(struct vpa_netlink **out, enum vpa_netlink_protocol protocol,
                      int timeout_ms) {
  struct vpa_netlink *nl;
  int result = open_socket(&nl, protocol, timeout_ms == 0 ? SOCK_NONBLOCK : 0);
  if (result < 0)
    return result;
  struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
  if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0) {
    result = -errno;
    vpa_netlink_close(nl);
    return result;
  }
  /* Conveniences, absent from kernels before 4.20: without them errors are terse, dumps long. */
  (void)set_option(nl->fd, NETLINK_EXT_ACK, 1);
  (void)set_option(nl->fd, NETLINK_CAP_ACK, 1);
  if (protocol == VPA_NETLINK_ROUTE)
    (void)set_option(nl->fd, NETLINK_GET_STRICT_CHK, 1);
  *out = nl;
  return 0;
}

void vpa_netlink_wipe(struct vpa_netlink *nl) {
  explicit_bzero(nl->buffer, nl->length);
  nl->length = nl->offset = nl->current = 0;
}

/* Anyone may send to a netlink socket of its own namespace: what the kernel sends has nl_pid 0
 * (docs/facts/kernel.md, "Sender"). */
int vpa_netlink_receive(struct vpa_netlink *nl) {
  vpa_netlink_wipe(nl);
  for (;;) {
    struct sockaddr_nl sender = {0};
    struct iovec space = {.iov_base = nl->buffer, .iov_len = sizeof nl->buffer};
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &space, .msg_iovlen = 1};
    ssize_t count = recvmsg(nl->fd, &message, 0);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return -errno;
    if (message.msg_namelen == sizeof sender && sender.nl_pid == 0 &&
        !(message.msg_flags & MSG_TRUNC)) {
      nl->length = (size_t)count;
      return 0;
    }
    explicit_bzero(nl->buffer, (size_t)count);
    if (message.msg_namelen != sizeof sender || sender.nl_pid != 0) {
      nl->drops.foreign++;
      continue;
    }
    nl->drops.truncated++;
    return -EMSGSIZE;
  }
}

const void *vpa_netlink_message(struct vpa_netlink *nl, size_t *length) {
  if (nl->offset >= nl->length)
    return NULL;
  const char *message = nl->buffer + nl->offset;
  long size = vpa_message_size(message, nl->length - nl->offset);
  if (size < 0) {
    nl->drops.malformed++;
    nl->offset = nl->length;
    return NULL;
  }
  *length = (size_t)size;
  nl->current = nl->offset;
  nl->offset += *length;
  return message;
}

size_t vpa_message_length(const struct vpa_netlink *nl) { return nl->offset - nl->current; }

int vpa_message_replay(const struct vpa_netlink *nl, void *buffer, size_t capacity) {
  const void *message = nl->buffer + nl->current;
  int length = vpa_build_route_replay(buffer, capacity, message, vpa_message_length(nl));
  if (length != -EBADMSG)
    return length;
  return vpa_build_nexthop_replay(buffer, capacity, message, vpa_message_length(nl));
}

int vpa_message_sa_expire(const struct vpa_netlink *nl, void *buffer, size_t capacity, bool hard) {
  return vpa_build_sa_expire(buffer, capacity, nl->buffer + nl->current, vpa_message_length(nl),
                             hard);
}

int vpa_netlink_fd(const struct vpa_netlink *nl) { return nl->fd; }

struct vpa_netlink_drops vpa_netlink_drops(const struct vpa_netlink *nl) {
  return nl->drops;
}

void vpa_netlink_close(struct vpa_netlink *nl) {
  if (nl->fd >= 0)
    close(nl->fd);
  vpa_netlink_wipe(nl);
  free(nl);
}
