/* Requests about SAs. Deleting one is sa_delete.c. */
#include "message.h"
#include "vpa_build.h"
#include "vpa_decode.h"

#include <endian.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

static void add_mark(struct vpa_message *message, const struct vpa_sa_key *key) {
  struct xfrm_mark mark = {.v = key->mark_value, .m = key->mark_mask};
  if (key->has_mark)
    vpa_message_attribute(message, XFRMA_MARK, &mark, sizeof mark);
}

int vpa_build_sa_get(void *buffer, size_t capacity, const struct vpa_sa_key *key) {
  struct vpa_message message = vpa_message_begin(buffer, capacity, XFRM_MSG_GETSA, 0);
  struct xfrm_usersa_id id;
  memset(&id, 0, sizeof id);
  vpa_ip_write(&key->destination, &id.daddr);
  id.spi = htobe32(key->spi);
  id.family = vpa_ip_af(&key->destination);
  id.proto = key->protocol;
  vpa_message_add(&message, &id, sizeof id);
  add_mark(&message, key);
  return vpa_message_end(&message);
}

int vpa_build_sa_expire(void *buffer, size_t capacity, const void *newsa, size_t newsa_length,
                        bool hard) {
  const struct nlmsghdr *header = newsa;
  struct xfrm_user_expire expire;
  struct vpa_event event;
  if (vpa_decode(VPA_NETLINK_XFRM, newsa, newsa_length, &event) != 1 || event.kind != VPA_EVENT_SA)
    return -EBADMSG;
  memset(&expire, 0, sizeof expire);
  memcpy(&expire.state, mnl_nlmsg_get_payload(header), sizeof expire.state);
  expire.hard = hard;
  struct vpa_message message = vpa_message_begin(buffer, capacity, XFRM_MSG_EXPIRE, 0);
  vpa_message_add(&message, &expire, sizeof expire);
  add_mark(&message, &event.sa.key);
  return vpa_message_end(&message);
}
