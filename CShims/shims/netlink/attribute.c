#include "attribute.h"

#include <errno.h>
#include <string.h>

int vpa_attributes(const void *bytes, size_t length, const struct nlattr **table, size_t count) {
  memset(table, 0, count * sizeof *table);
  const char *next = bytes;
  size_t left = length;
  while (left > 0) {
    const struct nlattr *attribute = (const struct nlattr *)next;
    if (left < sizeof *attribute || attribute->nla_len < sizeof *attribute ||
        attribute->nla_len > left)
      return -EBADMSG;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type < count)
      table[type] = attribute;
    size_t step = MNL_ALIGN(attribute->nla_len);
    if (step >= left) /* the last one need not be padded */
      break;
    next += step;
    left -= step;
  }
  return 0;
}

int vpa_attributes_after(const void *body, size_t length, size_t fixed, const struct nlattr **table,
                         size_t count) {
  if (length < fixed)
    return -EBADMSG;
  size_t offset = MNL_ALIGN(fixed);
  if (offset > length)
    offset = length;
  return vpa_attributes((const char *)body + offset, length - offset, table, count);
}

int vpa_attribute_copy(const struct nlattr *attribute, void *out, size_t size) {
  if (!attribute)
    return 0;
  if (mnl_attr_get_payload_len(attribute) < size)
    return -EBADMSG;
  memcpy(out, mnl_attr_get_payload(attribute), size);
  return 0;
}

void vpa_attribute_text(const struct nlattr *attribute, char *out, size_t size) {
  if (!attribute)
    return;
  size_t length = strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
  if (length >= size)
    length = size - 1;
  memcpy(out, mnl_attr_get_payload(attribute), length);
  memset(out + length, 0, size - length);
}

int vpa_attribute_ip(const struct nlattr *attribute, uint8_t family, struct vpa_ip *out) {
  uint8_t bytes[16] = {0};
  if (!attribute)
    return 0;
  if (vpa_attribute_copy(attribute, bytes, family == AF_INET6 ? 16 : 4) < 0)
    return -EBADMSG;
  *out = vpa_ip_read(bytes, family);
  return 0;
}
