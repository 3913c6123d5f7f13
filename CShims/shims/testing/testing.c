/* Helpers of the tests: a second decoder, larval SAs, forged events, namespaces. */
#define _GNU_SOURCE
#include "../netlink/message.h"
#include "../socket/options.h"
#include "vpa_testing.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/xfrm.h>
#include <netlink/netlink.h>
#include <netlink/xfrm/lifetime.h>
#include <netlink/xfrm/sa.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct vpa_ip ip_of(struct nl_addr *address) {
  struct vpa_ip none = {0};
  return address ? vpa_ip_read(nl_addr_get_binary_addr(address), nl_addr_get_family(address))
                 : none;
}

/* libnl copies keys out along with the names: into a scrap that is wiped. */
static void read_names(struct xfrmnl_sa *from, struct vpa_sa *sa) {
  char key[1024];
  unsigned int extra;
  struct vpa_algorithm *one = &sa->aead;
  if (xfrmnl_sa_get_aead_params(from, one->name, &one->key_bits, &extra, key) < 0)
    one->name[0] = 0;
  one = &sa->encryption;
  if (xfrmnl_sa_get_crypto_params(from, one->name, &one->key_bits, key) < 0)
    one->name[0] = 0;
  one = &sa->authentication;
  if (xfrmnl_sa_get_auth_params(from, one->name, &one->key_bits, &extra, key) < 0)
    one->name[0] = 0;
  explicit_bzero(key, sizeof key);
}

int vpa_testing_libnl_decode_sa(const void *message, size_t length, struct vpa_sa *sa) {
  memset(sa, 0, sizeof *sa);
  struct nlmsghdr *copy = malloc(length);
  struct xfrmnl_sa *parsed = NULL;
  if (!copy)
    return -ENOMEM;
  memcpy(copy, message, length);
  int result = xfrmnl_sa_parse(copy, &parsed);
  explicit_bzero(copy, length);
  free(copy);
  if (result < 0)
    return -EBADMSG;
  unsigned long long bytes, packets, added, used;
  xfrmnl_sa_get_curlifetime(parsed, &bytes, &packets, &added, &used);
  sa->key.destination = ip_of(xfrmnl_sa_get_daddr(parsed));
  sa->key.spi = (uint32_t)xfrmnl_sa_get_spi(parsed);
  sa->key.protocol = (uint8_t)xfrmnl_sa_get_proto(parsed);
  sa->key.has_mark = xfrmnl_sa_get_mark(parsed, &sa->key.mark_mask, &sa->key.mark_value) == 0;
  sa->source = ip_of(xfrmnl_sa_get_saddr(parsed));
  sa->reqid = (uint32_t)xfrmnl_sa_get_reqid(parsed);
  sa->mode = (uint8_t)xfrmnl_sa_get_mode(parsed);
  sa->counts.packets = packets;
  sa->counts.bytes = bytes;
  sa->added_at = added;
  struct xfrmnl_ltime_cfg *life = xfrmnl_sa_get_lifetime_cfg(parsed);
  sa->soft_seconds = xfrmnl_ltime_cfg_get_soft_addexpires(life);
  sa->hard_seconds = xfrmnl_ltime_cfg_get_hard_addexpires(life);
  sa->soft_bytes = xfrmnl_ltime_cfg_get_soft_bytelimit(life);
  sa->hard_bytes = xfrmnl_ltime_cfg_get_hard_bytelimit(life);
  sa->soft_packets = xfrmnl_ltime_cfg_get_soft_packetlimit(life);
  sa->hard_packets = xfrmnl_ltime_cfg_get_hard_packetlimit(life);
  sa->replay_window = (uint32_t)xfrmnl_sa_get_replay_window(parsed);
  read_names(parsed, sa);
  xfrmnl_sa_put(parsed);
  return 0;
}

int vpa_testing_build_allocspi(void *buffer, size_t capacity, const struct vpa_sa *sa,
                               uint32_t spi) {
  struct vpa_message message = vpa_message_begin(buffer, capacity, XFRM_MSG_ALLOCSPI, 0);
  struct xfrm_mark mark = {.v = sa->key.mark_value, .m = sa->key.mark_mask};
  struct xfrm_userspi_info info;
  memset(&info, 0, sizeof info);
  vpa_ip_write(&sa->key.destination, &info.info.id.daddr);
  vpa_ip_write(&sa->source, &info.info.saddr);
  info.info.id.proto = sa->key.protocol;
  info.info.family = vpa_ip_af(&sa->key.destination);
  info.info.mode = sa->mode;
  info.info.reqid = sa->reqid;
  info.min = info.max = spi;
  vpa_message_add(&message, &info, sizeof info);
  if (sa->key.has_mark)
    vpa_message_attribute(&message, XFRMA_MARK, &mark, sizeof mark);
  if (sa->if_id)
    vpa_message_attribute(&message, XFRMA_IF_ID, &sa->if_id, sizeof sa->if_id);
  return vpa_message_end(&message);
}

int vpa_testing_multicast_sa(const void *message, size_t length) {
  struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = XFRMGRP_SA};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
  if (fd < 0)
    return -errno;
  ssize_t sent = sendto(fd, message, length, 0, (struct sockaddr *)&group, sizeof group);
  int result = sent < 0 ? -errno : 0;
  close(fd);
  return result;
}

int vpa_testing_leave_network(void) {
  int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  return unshare(CLONE_NEWNET) == 0 ? fd : vpa_close_failed(fd);
}

int vpa_testing_return_to_network(int fd) {
  int result = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
  close(fd);
  return result;
}
