#include "vpa_probe.h"

#include <netinet/in.h>

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#define ECHO_HEADER 8

/* What one message needs to stay where it is until sendmmsg has taken it. */
struct slot {
  union {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } to;
  uint8_t header[ECHO_HEADER];
  struct iovec parts[2];
  union {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
  } control;
};

static void put16(uint8_t *to, uint16_t value) {
  to[0] = (uint8_t)(value >> 8);
  to[1] = (uint8_t)value;
}

static struct in6_addr in6_of(const struct vpa_ip *ip) {
  struct in6_addr address;
  for (int i = 0; i < 8; i++) {
    address.s6_addr[i] = (uint8_t)(ip->high >> (56 - 8 * i));
    address.s6_addr[8 + i] = (uint8_t)(ip->low >> (56 - 8 * i));
  }
  return address;
}

/* RFC 1071, over the echo header and the payload. */
static uint16_t checksum(const uint8_t *header, const uint8_t *payload, size_t length) {
  uint32_t sum = 0;
  for (int i = 0; i < ECHO_HEADER; i += 2)
    sum += (uint32_t)(header[i] << 8 | header[i + 1]);
  for (size_t i = 0; i < length; i++)
    sum += i % 2 == 0 ? (uint32_t)payload[i] << 8 : payload[i];
  while (sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static void fill_control_v4(struct msghdr *message, const struct vpa_probe_out *probe) {
  struct in_pktinfo info = {.ipi_ifindex = probe->link_index,
                            .ipi_spec_dst.s_addr = htonl((uint32_t)probe->source.low)};
  message->msg_controllen = CMSG_SPACE(sizeof(info));
  struct cmsghdr *control = CMSG_FIRSTHDR(message);
  control->cmsg_level = IPPROTO_IP;
  control->cmsg_type = IP_PKTINFO;
  control->cmsg_len = CMSG_LEN(sizeof(info));
  memcpy(CMSG_DATA(control), &info, sizeof(info));
}

static void fill_control_v6(struct msghdr *message, const struct vpa_probe_out *probe) {
  struct in6_pktinfo info = {.ipi6_ifindex = (unsigned int)probe->link_index,
                             .ipi6_addr = in6_of(&probe->source)};
  message->msg_controllen = CMSG_SPACE(sizeof(info));
  struct cmsghdr *control = CMSG_FIRSTHDR(message);
  control->cmsg_level = IPPROTO_IPV6;
  control->cmsg_type = IPV6_PKTINFO;
  control->cmsg_len = CMSG_LEN(sizeof(info));
  memcpy(CMSG_DATA(control), &info, sizeof(info));
}

static void fill(struct mmsghdr *message, struct slot *slot, uint16_t identifier,
                 const struct vpa_probe_out *probe) {
  memset(message, 0, sizeof(*message));
  memset(slot, 0, sizeof(*slot));
  int is_v4 = probe->destination.family == 4;
  slot->header[0] = is_v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  put16(slot->header + 4, identifier);
  put16(slot->header + 6, probe->sequence);
  slot->parts[0] = (struct iovec){slot->header, ECHO_HEADER};
  slot->parts[1] = (struct iovec){(void *)probe->payload, probe->payload_length};

  struct msghdr *header = &message->msg_hdr;
  header->msg_name = &slot->to;
  header->msg_iov = slot->parts;
  header->msg_iovlen = 2;
  header->msg_control = slot->control.bytes;
  header->msg_controllen = sizeof(slot->control.bytes);
  if (is_v4) {
    put16(slot->header + 2, checksum(slot->header, probe->payload, probe->payload_length));
    slot->to.v4.sin_family = AF_INET;
    slot->to.v4.sin_addr.s_addr = htonl((uint32_t)probe->destination.low);
    header->msg_namelen = sizeof(slot->to.v4);
    fill_control_v4(header, probe);
  } else { /* the kernel fills in the ICMPv6 checksum (RFC 3542 3.1) */
    slot->to.v6.sin6_family = AF_INET6;
    slot->to.v6.sin6_addr = in6_of(&probe->destination);
    header->msg_namelen = sizeof(slot->to.v6);
    fill_control_v6(header, probe);
  }
}

void vpa_probe_send(int fd, uint16_t identifier, struct vpa_probe_out *list, int count) {
  struct mmsghdr messages[VPA_PROBE_BATCH];
  struct slot slots[VPA_PROBE_BATCH];
  for (int i = 0; i < count; i++)
    fill(&messages[i], &slots[i], identifier, &list[i]);
  int done = 0;
  while (done < count) {
    int sent = sendmmsg(fd, messages + done, (unsigned int)(count - done), 0);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0) { /* the first one failed: it alone is at fault */
      list[done++].result = -errno;
      continue;
    }
    while (sent-- > 0)
      list[done++].result = 0;
  }
}
