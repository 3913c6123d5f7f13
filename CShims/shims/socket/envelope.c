#define _GNU_SOURCE
#include "envelope.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static void add_control(struct msghdr *header, int level, int type, const void *info,
                        size_t length) {
  header->msg_controllen = CMSG_SPACE(length);
  struct cmsghdr *control = CMSG_FIRSTHDR(header);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(length);
  memcpy(CMSG_DATA(control), info, length);
}

void vpa_envelope_address(struct vpa_envelope *envelope, struct msghdr *header,
                          const struct vpa_ip *source, const struct vpa_ip *to, uint16_t port,
                          int32_t link_index) {
  struct in_pktinfo v4 = {.ipi_ifindex = link_index};
  struct in6_pktinfo v6 = {.ipi6_ifindex = (unsigned)link_index};
  bool is_v4 = to->family == 4;
  memset(envelope, 0, sizeof *envelope);
  header->msg_name = &envelope->to;
  header->msg_namelen = vpa_socket_address_write(&envelope->to, to, port, link_index);
  header->msg_control = envelope->control;
  if (source->family == to->family)
    vpa_ip_write(source, is_v4 ? (void *)&v4.ipi_spec_dst : (void *)&v6.ipi6_addr);
  if (is_v4)
    add_control(header, IPPROTO_IP, IP_PKTINFO, &v4, sizeof v4);
  else
    add_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof v6);
}

int vpa_send_message(int fd, const struct msghdr *header) {
  ssize_t sent;
  do
    sent = sendmsg(fd, header, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}
