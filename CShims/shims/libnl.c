/* What libnl-xfrm does: deleting one SA, and a second opinion on NEWSA for the tests. */
#include "attribute.h"
#include "include/vpa_netlink.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/xfrm/sa.h>
#include <stdlib.h>
#include <string.h>

/* libnl folds ESRCH and ENOENT into one. */
static int error_of(int libnl) {
  switch (-libnl) {
  case NLE_SUCCESS:
    return 0;
  case NLE_OBJ_NOTFOUND:
    return -ESRCH;
  case NLE_PERM:
    return -EPERM;
  case NLE_NOMEM:
    return -ENOMEM;
  case NLE_INVAL:
    return -EINVAL;
  case NLE_AGAIN:
    return -ETIMEDOUT;
  default:
    return -EIO;
  }
}

static int delete_on(struct nl_sock *socket, struct xfrmnl_sa *sa, const struct vpa_sa_key *key) {
  uint8_t bytes[16];
  size_t length = vpa_ip_write(&key->destination, bytes);
  struct nl_addr *address = nl_addr_build(vpa_ip_af(&key->destination), bytes, length);
  if (!address)
    return -ENOMEM;
  int result = xfrmnl_sa_set_daddr(sa, address);
  nl_addr_put(address);
  if (result < 0)
    return error_of(result);
  xfrmnl_sa_set_spi(sa, key->spi);
  xfrmnl_sa_set_proto(sa, key->protocol);
  if (key->has_mark)
    xfrmnl_sa_set_mark(sa, key->mark_value, key->mark_mask);
  result = nl_connect(socket, NETLINK_XFRM);
  return error_of(result < 0 ? result : xfrmnl_sa_delete(socket, sa, 0));
}

int vpa_sa_delete(const struct vpa_sa_key *key) {
  struct nl_sock *socket = nl_socket_alloc();
  struct xfrmnl_sa *sa = xfrmnl_sa_alloc();
  int result = socket && sa ? delete_on(socket, sa, key) : -ENOMEM;
  if (sa)
    xfrmnl_sa_put(sa);
  if (socket)
    nl_socket_free(socket);
  return result;
}

static struct vpa_ip ip_of(struct nl_addr *address) {
  struct vpa_ip none = {0};
  return address ? vpa_ip_read(nl_addr_get_binary_addr(address), nl_addr_get_family(address))
                 : none;
}

/* libnl copies keys out along with the names: into a scrap that is wiped. */
static void read_names(struct xfrmnl_sa *from, struct vpa_sa *sa) {
  char key[1024];
  unsigned int bits, extra;
  if (xfrmnl_sa_get_aead_params(from, sa->aead, &bits, &extra, key) < 0)
    sa->aead[0] = 0;
  if (xfrmnl_sa_get_crypto_params(from, sa->encryption, &bits, key) < 0)
    sa->encryption[0] = 0;
  if (xfrmnl_sa_get_auth_params(from, sa->authentication, &bits, &extra, key) < 0)
    sa->authentication[0] = 0;
  explicit_bzero(key, sizeof key);
}

int vpa_libnl_decode_sa(const void *message, size_t length, struct vpa_sa *sa) {
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
  sa->packets = packets;
  sa->bytes = bytes;
  sa->added_at = added;
  read_names(parsed, sa);
  xfrmnl_sa_put(parsed);
  return 0;
}
