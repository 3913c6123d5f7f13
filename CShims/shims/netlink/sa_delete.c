/* Deleting one SA, by libnl-xfrm. */
#include "attribute.h"
#include "vpa_netlink.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/xfrm/sa.h>

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
