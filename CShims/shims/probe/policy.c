#include "vpa_probe_policy.h"

#include "../socket/options.h"
#include "probe.h"

#include <errno.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* What setsockopt(IP_XFRM_POLICY) takes (net/xfrm/xfrm_user.c, xfrm_compile_policy). */
struct socket_policy {
  struct xfrm_userpolicy_info info;
  struct xfrm_user_tmpl template;
};

static void write_policy(struct socket_policy *out, uint8_t direction, int family,
                         const struct vpa_probe_policy *policy) {
  bool inbound = direction == XFRM_POLICY_IN;
  memset(out, 0, sizeof *out);
  out->info = vpa_socket_policy(family, direction);
  out->template.family = vpa_ip_af(&policy->local);
  out->template.id.proto = IPPROTO_ESP;
  out->template.mode = XFRM_MODE_TUNNEL;
  out->template.reqid = policy->reqid;
  out->template.aalgos = out->template.ealgos = out->template.calgos = ~0u;
  vpa_ip_write(inbound ? &policy->remote : &policy->local, &out->template.saddr);
  vpa_ip_write(inbound ? &policy->local : &policy->remote, &out->template.id.daddr);
}

static int set_policy(int fd, uint8_t direction, int family,
                      const struct vpa_probe_policy *policy) {
  struct socket_policy value;
  write_policy(&value, direction, family, policy);
  return vpa_set_policy(fd, family, &value, sizeof value);
}

/* Other ICMP messages of the peer are none of this socket's: without this each would be looked up
 * by its policy, and count as mismatch in /proc/net/xfrm_stat when it came in clear. */
static int pass_replies_only(int fd, int family) {
  if (family == AF_INET6) /* vpa_probe_open_v6 did */
    return 0;
  return vpa_probe_pass(fd, family, ICMP_ECHOREPLY);
}

static int tie(int fd, const struct vpa_probe_policy *policy) {
  union vpa_socket_address near, far;
  socklen_t near_length = vpa_socket_address_write(&near, &policy->source, 0, 0);
  socklen_t far_length = vpa_socket_address_write(&far, &policy->destination, 0, 0);
  if (bind(fd, &near.any, near_length) < 0)
    return -1;
  return connect(fd, &far.any, far_length);
}

/* What came before the policies were there may have come in clear. */
static void discard_received(int fd) {
  char byte;
  while (recv(fd, &byte, sizeof byte, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR)
    ;
}

static int set_up(int fd, int family, const struct vpa_probe_policy *policy) {
  if (pass_replies_only(fd, family) < 0 || set_policy(fd, XFRM_POLICY_IN, family, policy) < 0 ||
      set_policy(fd, XFRM_POLICY_OUT, family, policy) < 0 || tie(fd, policy) < 0)
    return -errno;
  discard_received(fd);
  return 0;
}

int vpa_probe_open_policy(const struct vpa_probe_policy *policy, uint16_t identifier) {
  if (policy->source.family != policy->destination.family ||
      policy->local.family != policy->remote.family || !vpa_ip_af(&policy->local))
    return -EAFNOSUPPORT;
  int family = vpa_ip_af(&policy->destination);
  int fd = family == AF_INET ? vpa_probe_open_v4(identifier) : vpa_probe_open_v6(identifier);
  if (fd < 0)
    return fd;
  int error = set_up(fd, family, policy);
  if (error == 0)
    return fd;
  close(fd);
  return error;
}
