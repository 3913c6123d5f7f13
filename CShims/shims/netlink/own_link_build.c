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

/* A nested attribute whose content is one other attribute or a list of them, already built. */
struct nest {
  char bytes[128];
  struct vpa_message content;
};

static struct vpa_message *begin(struct nest *nest) {
  nest->content = (struct vpa_message){.buffer = nest->bytes, .capacity = sizeof nest->bytes};
  return &nest->content;
}

static void add_nest(struct vpa_message *message, uint16_t type, const struct nest *nest) {
  message->failed |= nest->content.failed;
  vpa_message_attribute(message, type | NLA_F_NESTED, nest->bytes, nest->content.length);
}

static void add_name(struct vpa_message *message, const char *name) {
  vpa_message_attribute(message, IFLA_IFNAME, name, strlen(name) + 1);
}

int vpa_build_xfrm_link(void *buffer, size_t capacity, const char *name, uint32_t if_id) {
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
  struct nest data, link_info;
  struct vpa_message message =
      vpa_message_begin(buffer, capacity, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  vpa_message_attribute(begin(&data), IFLA_XFRM_IF_ID, &if_id, sizeof if_id);
  vpa_message_attribute(begin(&link_info), IFLA_INFO_KIND, "xfrm", sizeof "xfrm");
  add_nest(&link_info.content, IFLA_INFO_DATA, &data);
  vpa_message_add(&message, &info, sizeof info);
  add_name(&message, name);
  add_nest(&message, IFLA_LINKINFO, &link_info);
  return vpa_message_end(&message);
}

/* RTM_SETLINK of a link by name, with settings of one address family. */
static int set_link(void *buffer, size_t capacity, const char *name, uint16_t family,
                    const struct nest *settings, bool up) {
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
  struct nest families;
  struct vpa_message message = vpa_message_begin(buffer, capacity, RTM_SETLINK, 0);
  if (up)
    info.ifi_flags = info.ifi_change = VPA_IFF_UP;
  begin(&families);
  add_nest(&families.content, family, settings);
  vpa_message_add(&message, &info, sizeof info);
  add_name(&message, name);
  add_nest(&message, IFLA_AF_SPEC, &families);
  return vpa_message_end(&message);
}

int vpa_build_link_unaddressed(void *buffer, size_t capacity, const char *name) {
  uint8_t none = IN6_ADDR_GEN_MODE_NONE;
  struct nest settings;
  vpa_message_attribute(begin(&settings), IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
  return set_link(buffer, capacity, name, AF_INET6, &settings, false);
}

int vpa_build_link_for_probes(void *buffer, size_t capacity, const char *name) {
  uint32_t off = 0;
  struct nest values, settings;
  /* Within IFLA_INET_CONF types are IPV4_DEVCONF_* and values u32 (net/ipv4/devinet.c). */
  vpa_message_attribute(begin(&values), IPV4_DEVCONF_FORWARDING, &off, sizeof off);
  vpa_message_attribute(&values.content, IPV4_DEVCONF_RP_FILTER, &off, sizeof off);
  begin(&settings);
  add_nest(&settings.content, IFLA_INET_CONF, &values);
  return set_link(buffer, capacity, name, AF_INET, &settings, true);
}

int vpa_build_link_delete(void *buffer, size_t capacity, int32_t index) {
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = index};
  struct vpa_message message = vpa_message_begin(buffer, capacity, RTM_DELLINK, 0);
  vpa_message_add(&message, &info, sizeof info);
  return vpa_message_end(&message);
}
