#define _GNU_SOURCE
#include "../socket/envelope.h"
#include "../socket/options.h"
#include "probe.h"

#include <endian.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <string.h>

/* What one message of a batch points to. */
struct slot {
  struct vpa_echo echo;
  struct iovec parts[2];
  struct vpa_envelope envelope;
};

/* RFC 1071, over the header and a payload that starts at an even offset. */
static uint16_t checksum(const struct vpa_echo *echo, const uint8_t *payload, size_t length) {
  uint32_t sum = ((uint32_t)echo->type << 8 | echo->code) + be16toh(echo->identifier) +
                 be16toh(echo->sequence);
  for (size_t i = 0; i < length; i++)
    sum += i % 2 == 0 ? (uint32_t)payload[i] << 8 : payload[i];
  while (sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return htobe16((uint16_t)~sum);
}

void vpa_echo_request(struct vpa_echo *echo, int family, uint16_t identifier, uint16_t sequence,
                      const uint8_t *payload, size_t length) {
  *echo = (struct vpa_echo){.type = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST,
                            .identifier = htobe16(identifier),
                            .sequence = htobe16(sequence)};
  if (family == AF_INET) /* of ICMPv6 the kernel computes it */
    echo->checksum = checksum(echo, payload, length);
}

static void prepare(struct slot *slot, struct msghdr *header, int family, uint16_t identifier,
                    const uint8_t *bytes, const struct vpa_probe_out *out) {
  const uint8_t *payload = bytes + out->payload_offset;
  memset(header, 0, sizeof *header);
  vpa_echo_request(&slot->echo, family, identifier, out->sequence, payload, out->payload_length);
  slot->parts[0] = (struct iovec){.iov_base = &slot->echo, .iov_len = sizeof slot->echo};
  slot->parts[1] = (struct iovec){.iov_base = (void *)payload, .iov_len = out->payload_length};
  header->msg_iov = slot->parts;
  header->msg_iovlen = 2;
  vpa_envelope_address(&slot->envelope, header, &out->source, &out->destination, 0,
                       out->link_index);
}

/* sendmmsg stops at the first failure and only reports it when that is the first of the call. */
static int send_batch(int fd, struct mmsghdr *messages, struct vpa_probe_out *list, size_t count) {
  int accepted = 0;
  for (size_t next = 0; next < count;) {
    int sent = sendmmsg(fd, messages + next, (unsigned)(count - next), 0);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0) {
      list[next++].result = sent < 0 ? -errno : -EIO;
      continue;
    }
    for (int i = 0; i < sent; i++)
      list[next++].result = 0;
    accepted += sent;
  }
  return accepted;
}

/* Returns 0 or -errno for a probe that cannot be put into a message. */
static int check(const struct vpa_probe_out *out, int family, size_t length) {
  if (vpa_ip_af(&out->destination) != family)
    return -EAFNOSUPPORT;
  if (out->payload_offset > length || out->payload_length > length - out->payload_offset)
    return -EINVAL;
  return out->payload_length > VPA_PROBE_PAYLOAD ? -EMSGSIZE : 0;
}

/* The kernel sends an IPv6 packet by another link all the same when no route leads through the one
 * in its pktinfo, unless the socket is bound to it (net/ipv6/route.c,
 * ip6_route_output_flags_noref). */
static int bind_to_link(int fd, int family, int32_t index) {
  if (family != AF_INET6 || index == 0)
    return 0;
  return vpa_set_option(fd, SOL_SOCKET, SO_BINDTOIFINDEX, index) < 0 ? -errno : 0;
}

/* Whether a probe may be sent in one batch with another one. */
static bool goes_with(const struct vpa_probe_out *out, const struct vpa_probe_out *first,
                      int family, size_t length) {
  return check(out, family, length) == 0 &&
         (family == AF_INET || out->link_index == first->link_index);
}

int vpa_probe_send(int fd, int family, uint16_t identifier, const uint8_t *bytes, size_t length,
                   struct vpa_probe_out *list, size_t count) {
  struct slot slots[VPA_PROBE_BATCH];
  struct mmsghdr messages[VPA_PROBE_BATCH];
  int accepted = 0;
  size_t first = 0;
  while (first < count) {
    list[first].result = check(&list[first], family, length);
    if (list[first].result == 0)
      list[first].result = bind_to_link(fd, family, list[first].link_index);
    if (list[first].result != 0) {
      first++;
      continue;
    }
    size_t batch = 0;
    while (batch < VPA_PROBE_BATCH && first + batch < count &&
           goes_with(&list[first + batch], &list[first], family, length)) {
      prepare(&slots[batch], &messages[batch].msg_hdr, family, identifier, bytes,
              &list[first + batch]);
      batch++;
    }
    accepted += send_batch(fd, messages, list + first, batch);
    first += batch;
  }
  return accepted;
}
