/* Internal: bounds-checked reading of attributes, and addresses to and from wire order. */
#ifndef VPA_ATTRIBUTE_H
#define VPA_ATTRIBUTE_H

#include <netinet/in.h>

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

/* Reads 4 or 16 bytes in network order; any other family than AF_INET and AF_INET6 gives none. */
struct vpa_ip vpa_ip_read(const void *bytes, uint8_t family);

/* Writes an address in network order; returns its length: 4, 16, or 0 for none. */
size_t vpa_ip_write(const struct vpa_ip *ip, void *bytes);

/* Returns AF_INET, AF_INET6 or AF_UNSPEC. */
uint8_t vpa_ip_af(const struct vpa_ip *ip);

#endif
