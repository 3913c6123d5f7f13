/* Policy rules (linux/fib_rules.h): those that select a table by output link, and those that drop
 * what came by an input link. */
#include "attribute.h"
#include "decode.h"
#include "message.h"
#include "vpa_build.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

int vpa_decode_rule(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[FRA_MAX + 1];
  struct vpa_rule *rule = &event->rule;
  struct fib_rule_hdr info;
  if (length < sizeof info)
    return -EBADMSG;
  memcpy(&info, body, sizeof info);
  if (info.family != AF_INET && info.family != AF_INET6)
    return 0;
  rule->family = info.family == AF_INET ? 4 : 6;
  rule->table = info.table;
  rule->drops = info.action == FR_ACT_BLACKHOLE;
  if (vpa_attributes((const char *)body + sizeof info, length - sizeof info, table, FRA_MAX + 1) <
          0 ||
      vpa_attribute_copy(table[FRA_TABLE], &rule->table, sizeof rule->table) < 0 ||
      vpa_attribute_copy(table[FRA_PRIORITY], &rule->priority, sizeof rule->priority) < 0 ||
      vpa_attribute_copy(table[FRA_PROTOCOL], &rule->protocol, sizeof rule->protocol) < 0)
    return -EBADMSG;
  vpa_attribute_text(table[FRA_OIFNAME], rule->output_link, sizeof rule->output_link);
  vpa_attribute_text(table[FRA_IIFNAME], rule->input_link, sizeof rule->input_link);
  return 1;
}

int vpa_build_rule(void *buffer, size_t capacity, const struct vpa_rule *rule, bool add) {
  struct fib_rule_hdr info = {
      .family = rule->family == 4 ? AF_INET : AF_INET6,
      .table = rule->table < 256 ? (uint8_t)rule->table : RT_TABLE_UNSPEC,
      .action = rule->drops ? FR_ACT_BLACKHOLE : FR_ACT_TO_TBL,
  };
  struct vpa_message message = vpa_message_begin(buffer, capacity, add ? RTM_NEWRULE : RTM_DELRULE,
                                                 add ? NLM_F_CREATE | NLM_F_EXCL : 0);
  vpa_message_add(&message, &info, sizeof info);
  if (rule->drops) {
    vpa_message_attribute(&message, FRA_IIFNAME, rule->input_link, strlen(rule->input_link) + 1);
  } else {
    vpa_message_attribute(&message, FRA_OIFNAME, rule->output_link, strlen(rule->output_link) + 1);
    vpa_message_attribute(&message, FRA_TABLE, &rule->table, sizeof rule->table);
  }
  vpa_message_attribute(&message, FRA_PRIORITY, &rule->priority, sizeof rule->priority);
  vpa_message_attribute(&message, FRA_PROTOCOL, &rule->protocol, sizeof rule->protocol);
  return vpa_message_end(&message);
}
