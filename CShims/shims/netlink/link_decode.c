/* Links and their addresses, from RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR and RTM_DELADDR. */
#include "attribute.h"
#include "decode.h"

#include <endian.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* linux/if.h clashes with net/if.h on some of these; the numbers are user ABI. */
enum { VPA_IFF_UP = 1, VPA_LINK_MODE_DORMANT = 1 };

static int read_vti(const struct nlattr *data, uint8_t family, struct vpa_link *link) {
  const struct nlattr *table[IFLA_VTI_MAX + 1];
  uint32_t keys[2] = {0, 0};
  link->kind = VPA_LINK_VTI;
  link->local.family = link->remote.family = family == AF_INET ? 4 : 6;
  if (!data)
    return 0;
  if (vpa_attributes(mnl_attr_get_payload(data), mnl_attr_get_payload_len(data), table,
                     IFLA_VTI_MAX + 1) < 0 ||
      vpa_attribute_ip(table[IFLA_VTI_LOCAL], family, &link->local) < 0 ||
      vpa_attribute_ip(table[IFLA_VTI_REMOTE], family, &link->remote) < 0 ||
      vpa_attribute_copy(table[IFLA_VTI_IKEY], &keys[0], sizeof keys[0]) < 0 ||
      vpa_attribute_copy(table[IFLA_VTI_OKEY], &keys[1], sizeof keys[1]) < 0)
    return -EBADMSG;
  link->input_key = be32toh(keys[0]); /* __be32 in struct ip_tunnel_parm */
  link->output_key = be32toh(keys[1]);
  return 0;
}

static int read_xfrm(const struct nlattr *data, struct vpa_link *link) {
  const struct nlattr *table[IFLA_XFRM_IF_ID + 1];
  link->kind = VPA_LINK_XFRM;
  if (!data)
    return 0;
  if (vpa_attributes(mnl_attr_get_payload(data), mnl_attr_get_payload_len(data), table,
                     IFLA_XFRM_IF_ID + 1) < 0)
    return -EBADMSG;
  return vpa_attribute_copy(table[IFLA_XFRM_IF_ID], &link->if_id, sizeof link->if_id);
}

static int read_vrf(const struct nlattr *data, struct vpa_link *link) {
  const struct nlattr *table[IFLA_VRF_TABLE + 1];
  if (!data)
    return 0;
  if (vpa_attributes(mnl_attr_get_payload(data), mnl_attr_get_payload_len(data), table,
                     IFLA_VRF_TABLE + 1) < 0)
    return -EBADMSG;
  return vpa_attribute_copy(table[IFLA_VRF_TABLE], &link->vrf_table, sizeof link->vrf_table);
}

static int read_kind(const struct nlattr *linkinfo, struct vpa_link *link) {
  const struct nlattr *table[IFLA_INFO_DATA + 1];
  if (!linkinfo)
    return 0;
  if (vpa_attributes(mnl_attr_get_payload(linkinfo), mnl_attr_get_payload_len(linkinfo), table,
                     IFLA_INFO_DATA + 1) < 0)
    return -EBADMSG;
  vpa_attribute_text(table[IFLA_INFO_KIND], link->kind_name, sizeof link->kind_name);
  if (strcmp(link->kind_name, "vti") == 0)
    return read_vti(table[IFLA_INFO_DATA], AF_INET, link);
  if (strcmp(link->kind_name, "vti6") == 0)
    return read_vti(table[IFLA_INFO_DATA], AF_INET6, link);
  if (strcmp(link->kind_name, "xfrm") == 0)
    return read_xfrm(table[IFLA_INFO_DATA], link);
  if (strcmp(link->kind_name, "vrf") == 0)
    return read_vrf(table[IFLA_INFO_DATA], link);
  return 0;
}

int vpa_decode_link(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[IFLA_LINK_NETNSID + 1];
  struct ifinfomsg info;
  if (length < sizeof info)
    return -EBADMSG;
  memcpy(&info, body, sizeof info);
  /* AF_BRIDGE: a port joined or left a bridge, its DELLINK does not mean that the link is gone. */
  if (info.ifi_family != AF_UNSPEC)
    return 0;
  if (vpa_attributes((const char *)body + sizeof info, length - sizeof info, table,
                     IFLA_LINK_NETNSID + 1) < 0)
    return -EBADMSG;
  struct vpa_link *link = &event->link;
  uint8_t mode = 0;
  link->index = info.ifi_index;
  link->admin_up = info.ifi_flags & VPA_IFF_UP;
  vpa_attribute_text(table[IFLA_IFNAME], link->name, sizeof link->name);
  if (vpa_attribute_copy(table[IFLA_MTU], &link->mtu, sizeof link->mtu) < 0 ||
      vpa_attribute_copy(table[IFLA_OPERSTATE], &link->operational_state, 1) < 0 ||
      vpa_attribute_copy(table[IFLA_LINKMODE], &mode, sizeof mode) < 0 ||
      vpa_attribute_copy(table[IFLA_LINK], &link->bound_to, sizeof link->bound_to) < 0 ||
      vpa_attribute_copy(table[IFLA_MASTER], &link->master, sizeof link->master) < 0 ||
      read_kind(table[IFLA_LINKINFO], link) < 0)
    return -EBADMSG;
  link->link_mode_dormant = mode == VPA_LINK_MODE_DORMANT;
  link->other_netns = table[IFLA_LINK_NETNSID] != NULL;
  return 1;
}

int vpa_decode_address(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[IFA_RT_PRIORITY + 1];
  struct ifaddrmsg info;
  struct vpa_ip local = {0}, other = {0};
  if (length < sizeof info)
    return -EBADMSG;
  memcpy(&info, body, sizeof info);
  if (info.ifa_family != AF_INET && info.ifa_family != AF_INET6)
    return 0;
  uint32_t flags = info.ifa_flags, metric = 0;
  if (vpa_attributes((const char *)body + sizeof info, length - sizeof info, table,
                     IFA_RT_PRIORITY + 1) < 0 ||
      vpa_attribute_copy(table[IFA_FLAGS], &flags, sizeof flags) < 0 ||
      vpa_attribute_copy(table[IFA_RT_PRIORITY], &metric, sizeof metric) < 0 ||
      vpa_attribute_ip(table[IFA_LOCAL], info.ifa_family, &local) < 0 ||
      vpa_attribute_ip(table[IFA_ADDRESS], info.ifa_family, &other) < 0)
    return -EBADMSG;
  if (local.family == 0 && other.family == 0)
    return -EBADMSG;
  struct vpa_address *address = &event->address;
  address->address = local.family != 0 ? local : other;
  if (local.family != 0 && other.family != 0 &&
      (local.high != other.high || local.low != other.low))
    address->peer = other;
  address->link_index = (int32_t)info.ifa_index;
  address->prefix_length = info.ifa_prefixlen;
  address->flags = flags & (IFA_F_PERMANENT | IFA_F_NODAD | IFA_F_HOMEADDRESS |
                            IFA_F_NOPREFIXROUTE | IFA_F_MANAGETEMPADDR | IFA_F_MCAUTOJOIN);
  address->metric = metric;
  return 1;
}
