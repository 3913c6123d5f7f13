/* Internal: building of a request message in a caller's buffer. */
#ifndef VPA_MESSAGE_H
#define VPA_MESSAGE_H

#include "attribute.h"

/* A message under construction; `failed` once something did not fit. */
struct vpa_message {
  char *buffer;
  size_t capacity;
  size_t length;
  bool failed;
};

/* Begins a request with room for nlmsghdr. */
struct vpa_message vpa_message_begin(void *buffer, size_t capacity, uint16_t type, uint16_t flags);

/* Adds bytes, padded with zeros to a multiple of 4. */
void vpa_message_add(struct vpa_message *message, const void *bytes, size_t length);

/* Adds an attribute. */
void vpa_message_attribute(struct vpa_message *message, uint16_t type, const void *value,
                           size_t length);

/* Begins an attribute whose content is added next; returns where it begins. */
size_t vpa_message_nest(struct vpa_message *message, uint16_t type);

/* Ends it: writes its length. */
void vpa_message_nest_end(struct vpa_message *message, size_t start);

/* Writes the length into the header; returns it, or -EMSGSIZE when something did not fit. */
int vpa_message_end(struct vpa_message *message);

#endif
