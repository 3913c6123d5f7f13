/* Requests about the agent's own XFRM interfaces. */
#include "message.h"
#include "vpa_build.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* linux/if.h clashes with net/if.h here; the number is user ABI. */
enum { VPA_IFF_UP = 1 };

static void add_name(struct vpa_message *message, const char *name) {
  vpa_message_attribute(message, IFLA_IFNAME, name, strlen(name) + 1);
}

int vpa_build_xfrm_link(void *buffer, size_t capacity, const char *name, uint32_t if_id) {
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
  struct vpa_message message =
      vpa_message_begin(buffer, capacity, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  vpa_message_add(&message, &info, sizeof info);
  add_name(&message, name);
  size_t link_info = vpa_message_nest(&message, IFLA_LINKINFO | NLA_F_NESTED);
  vpa_message_attribute(&message, IFLA_INFO_KIND, "xfrm", sizeof "xfrm");
  size_t data = vpa_message_nest(&message, IFLA_INFO_DATA | NLA_F_NESTED);
  vpa_message_attribute(&message, IFLA_XFRM_IF_ID, &if_id, sizeof if_id);
  vpa_message_nest_end(&message, data);
  vpa_message_nest_end(&message, link_info);
  return vpa_message_end(&message);
}

/* Begins RTM_SETLINK of a link by name. */
static struct vpa_message begin_set(void *buffer, size_t capacity, const char *name, bool up) {
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
  struct vpa_message message = vpa_message_begin(buffer, capacity, RTM_SETLINK, 0);
  if (up)
    info.ifi_flags = info.ifi_change = VPA_IFF_UP;
  vpa_message_add(&message, &info, sizeof info);
  add_name(&message, name);
  return message;
}

int vpa_build_link_unaddressed(void *buffer, size_t capacity, const char *name) {
  uint8_t none = IN6_ADDR_GEN_MODE_NONE;
  struct vpa_message message = begin_set(buffer, capacity, name, false);
  size_t families = vpa_message_nest(&message, IFLA_AF_SPEC | NLA_F_NESTED);
  size_t settings = vpa_message_nest(&message, AF_INET6 | NLA_F_NESTED);
  vpa_message_attribute(&message, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
  vpa_message_nest_end(&message, settings);
  vpa_message_nest_end(&message, families);
  return vpa_message_end(&message);
}

int vpa_build_link_for_probes(void *buffer, size_t capacity, const char *name) {
  uint32_t off = 0;
  struct vpa_message message = begin_set(buffer, capacity, name, true);
  size_t families = vpa_message_nest(&message, IFLA_AF_SPEC | NLA_F_NESTED);
  size_t settings = vpa_message_nest(&message, AF_INET | NLA_F_NESTED);
  /* Within IFLA_INET_CONF types are IPV4_DEVCONF_* and values u32 (net/ipv4/devinet.c). */
  size_t values = vpa_message_nest(&message, IFLA_INET_CONF | NLA_F_NESTED);
  vpa_message_attribute(&message, IPV4_DEVCONF_FORWARDING, &off, sizeof off);
  vpa_message_attribute(&message, IPV4_DEVCONF_RP_FILTER, &off, sizeof off);
  vpa_message_nest_end(&message, values);
  vpa_message_nest_end(&message, settings);
  vpa_message_nest_end(&message, families);
  return vpa_message_end(&message);
}

int vpa_build_link_delete(void *buffer, size_t capacity, int32_t index) {
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = index};
  struct vpa_message message = vpa_message_begin(buffer, capacity, RTM_DELLINK, 0);
  vpa_message_add(&message, &info, sizeof info);
  return vpa_message_end(&message);
}
