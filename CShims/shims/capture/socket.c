/* A packet socket that sees ESP from chosen peers. Its program is capture_filter.c. */
#include "../socket/address.h"
#include "../socket/options.h"
#include "vpa_capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (64 << 10)

static int attach(int fd, uint8_t family, const struct vpa_ip *sources, size_t source_count,
                  const struct vpa_sa_id *known, size_t known_count) {
  struct vpa_bpf *code = calloc(BPF_MAXINSNS, sizeof *code);
  if (code == NULL)
    return -ENOMEM;
  int length =
      vpa_capture_filter(family, sources, source_count, known, known_count, code, BPF_MAXINSNS);
  int result = length;
  if (length > 0)
    result =
        vpa_attach_filter(fd, (const struct sock_filter *)code, (size_t)length) < 0 ? -errno : 0;
  free(code);
  return result;
}

/* Bound last: nothing comes before the filter is there. With the protocol of one family the kernel
 * gives it what arrives, and not what leaves (net/core/dev.c, `ptype_base`). */
static int configure(int fd, uint8_t family) {
  int buffer = BUFFER / 2; /* the kernel doubles it */
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(family == 4 ? ETH_P_IP : ETH_P_IPV6),
  };
  if (vpa_set_option(fd, SOL_SOCKET, SO_RCVBUF, buffer) < 0)
    return -errno;
  return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

int vpa_capture_open(uint8_t family, const struct vpa_ip *sources, size_t source_count,
                     const struct vpa_sa_id *known, size_t known_count) {
  int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  int result = attach(fd, family, sources, source_count, known, known_count);
  if (result == 0)
    result = configure(fd, family);
  if (result == 0)
    return fd;
  close(fd);
  return result;
}

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Whether a packet has its SPI behind an IP header of this length. */
static int decode_payload(const uint8_t *packet, size_t length, size_t header, uint8_t protocol,
                          struct vpa_esp *esp) {
  if (protocol == IPPROTO_UDP)
    header += 8;
  else if (protocol != IPPROTO_ESP)
    return 0;
  if (length < header + 4)
    return 0;
  esp->spi = big_endian(packet + header);
  return esp->spi != 0;
}

int vpa_capture_decode(const uint8_t *packet, size_t length, struct vpa_esp *esp) {
  memset(esp, 0, sizeof *esp);
  if (length >= 20 && packet[0] >> 4 == 4) {
    esp->source = vpa_ip_read(packet + 12, AF_INET);
    esp->destination = vpa_ip_read(packet + 16, AF_INET);
    return decode_payload(packet, length, (size_t)(packet[0] & 15) * 4, packet[9], esp);
  }
  if (length >= 40 && packet[0] >> 4 == 6) {
    esp->source = vpa_ip_read(packet + 8, AF_INET6);
    esp->destination = vpa_ip_read(packet + 24, AF_INET6);
    return decode_payload(packet, length, 40, packet[6], esp);
  }
  return 0;
}

int vpa_capture_receive(int fd, struct vpa_esp *list, size_t count) {
  uint8_t packet[128];
  size_t kept = 0;
  while (kept < count) {
    ssize_t length = recv(fd, packet, sizeof packet, 0);
    if (length < 0 && errno == EINTR)
      continue;
    if (length < 0 && errno == EAGAIN)
      break;
    if (length < 0)
      return -errno;
    kept += (size_t)vpa_capture_decode(packet, (size_t)length, &list[kept]);
  }
  return (int)kept;
}

int64_t vpa_capture_count(int fd) {
  struct tpacket_stats statistics;
  socklen_t length = sizeof statistics;
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0)
    return -errno;
  /* tp_packets has those that were dropped in it (net/packet/af_packet.c). */
  return (int64_t)statistics.tp_packets - statistics.tp_drops;
}
