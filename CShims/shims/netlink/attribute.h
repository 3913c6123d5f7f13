/* Internal: bounds-checked reading of attributes. */
#ifndef VPA_ATTRIBUTE_H
#define VPA_ATTRIBUTE_H

#include "../socket/address.h"
#include "vpa_event.h"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

/* Fills table[type] with each attribute of a type below `count`; returns 0 or -EBADMSG. */
int vpa_attributes(const void *bytes, size_t length, const struct nlattr **table, size_t count);

/* Does that with the attributes behind a message's fixed part, which begin at the next multiple of
 * 4; -EBADMSG too when the fixed part is cut short. */
int vpa_attributes_after(const void *body, size_t length, size_t fixed, const struct nlattr **table,
                         size_t count);

/* Copies `size` bytes of an attribute if it is there; returns 0, or -EBADMSG when it is shorter. */
int vpa_attribute_copy(const struct nlattr *attribute, void *out, size_t size);

/* Copies a string attribute if it is there, cut to size - 1 characters. */
void vpa_attribute_text(const struct nlattr *attribute, char *out, size_t size);

/* Reads an address attribute of AF_INET or AF_INET6 if it is there; returns 0 or -EBADMSG. */
int vpa_attribute_ip(const struct nlattr *attribute, uint8_t family, struct vpa_ip *out);

#endif
