#define _GNU_SOURCE
#include "probe.h"

#include <endian.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* What one message of a batch is received into: an IPv4 header with options, echo, payload. */
struct slot {
  uint8_t packet[60 + sizeof(struct vpa_echo) + VPA_PROBE_PAYLOAD];
  struct iovec space;
  union vpa_socket_address from;
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
                                        CMSG_SPACE(sizeof(struct timespec))];
};

static void prepare(struct slot *slot, struct msghdr *header) {
  memset(header, 0, sizeof *header);
  slot->space = (struct iovec){.iov_base = slot->packet, .iov_len = sizeof slot->packet};
  header->msg_iov = &slot->space;
  header->msg_iovlen = 1;
  header->msg_name = &slot->from;
  header->msg_namelen = sizeof slot->from;
  header->msg_control = slot->control;
  header->msg_controllen = sizeof slot->control;
}

static int64_t age_of(const struct timespec *stamp) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now); /* the clock of SO_TIMESTAMPNS */
  int64_t age = (int64_t)(now.tv_sec - stamp->tv_sec) * 1000000000 + (now.tv_nsec - stamp->tv_nsec);
  return age > 0 ? age : 0;
}

static void read_control(struct msghdr *header, struct vpa_probe_in *in) {
  struct cmsghdr *control;
  for (control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(control), sizeof info);
      in->link_index = info.ipi_ifindex;
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(control), sizeof info);
      in->link_index = (int32_t)info.ipi6_ifindex;
    } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec stamp;
      memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
      in->age_ns = age_of(&stamp);
    }
  }
}

/* Returns whether the packet is a whole echo reply of ours; sets where its payload begins. */
static bool read_echo(const struct slot *slot, size_t length, int family, uint16_t identifier,
                      struct vpa_probe_in *in, size_t *payload) {
  struct vpa_echo echo;
  size_t start = family == AF_INET && length > 0 ? (slot->packet[0] & 0xfu) * 4u : 0;
  if (length < start + sizeof echo)
    return false;
  memcpy(&echo, slot->packet + start, sizeof echo);
  /* The filter was attached a moment after the socket began to receive. */
  if (echo.type != (family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) ||
      be16toh(echo.identifier) != identifier)
    return false;
  *payload = start + sizeof echo;
  length -= *payload;
  in->sequence = be16toh(echo.sequence);
  in->payload_length = (uint16_t)(length > VPA_PROBE_PAYLOAD ? VPA_PROBE_PAYLOAD : length);
  return true;
}

static bool take(struct slot *slot, struct mmsghdr *message, int family, uint16_t identifier,
                 struct vpa_probe_in *in, uint8_t *bytes) {
  size_t payload;
  memset(in, 0, sizeof *in);
  if ((message->msg_hdr.msg_flags & MSG_CTRUNC) ||
      !read_echo(slot, message->msg_len, family, identifier, in, &payload))
    return false;
  in->source = vpa_socket_address_ip(&slot->from);
  read_control(&message->msg_hdr, in);
  memcpy(bytes, slot->packet + payload, in->payload_length);
  return true;
}

/* Returns how many messages were received, 0 when none waits, or -errno. */
static int receive_batch(int fd, struct slot *slots, struct mmsghdr *messages, size_t count) {
  int received;
  if (count > VPA_PROBE_BATCH)
    count = VPA_PROBE_BATCH;
  for (size_t i = 0; i < count; i++)
    prepare(&slots[i], &messages[i].msg_hdr);
  do
    received = recvmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT, NULL);
  while (received < 0 && errno == EINTR);
  if (received < 0)
    return errno == EAGAIN ? 0 : -errno;
  return received;
}

int vpa_requests_receive(int fd, struct vpa_probe_in *list, size_t count) {
  struct slot slots[VPA_PROBE_BATCH];
  struct mmsghdr messages[VPA_PROBE_BATCH];
  int received = receive_batch(fd, slots, messages, count);
  for (int i = 0; i < received; i++) {
    memset(&list[i], 0, sizeof list[i]);
    list[i].source = vpa_socket_address_ip(&slots[i].from);
    read_control(&messages[i].msg_hdr, &list[i]);
  }
  return received;
}

int vpa_probe_receive(int fd, int family, uint16_t identifier, uint8_t *bytes,
                      struct vpa_probe_in *list, size_t count, size_t *taken) {
  struct slot slots[VPA_PROBE_BATCH];
  struct mmsghdr messages[VPA_PROBE_BATCH];
  int kept = 0;
  int received = receive_batch(fd, slots, messages, count);
  *taken = 0;
  if (received < 0)
    return received;
  *taken = (size_t)received;
  for (int i = 0; i < received; i++)
    if (take(&slots[i], &messages[i], family, identifier, &list[kept],
             bytes + (size_t)kept * VPA_PROBE_PAYLOAD))
      kept++;
  return kept;
}
