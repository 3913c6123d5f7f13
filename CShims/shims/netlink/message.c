#include "message.h"

#include <errno.h>
#include <string.h>

struct vpa_message vpa_message_begin(void *buffer, size_t capacity, uint16_t type, uint16_t flags) {
  struct vpa_message message = {.buffer = buffer, .capacity = capacity};
  struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};
  vpa_message_add(&message, &header, sizeof header);
  return message;
}

void vpa_message_add(struct vpa_message *message, const void *bytes, size_t length) {
  size_t padded = MNL_ALIGN(length);
  if (message->failed || padded > message->capacity - message->length) {
    message->failed = true;
    return;
  }
  memcpy(message->buffer + message->length, bytes, length);
  memset(message->buffer + message->length + length, 0, padded - length);
  message->length += padded;
}

void vpa_message_attribute(struct vpa_message *message, uint16_t type, const void *value,
                           size_t length) {
  struct nlattr attribute = {.nla_len = (uint16_t)(sizeof attribute + length), .nla_type = type};
  vpa_message_add(message, &attribute, sizeof attribute);
  vpa_message_add(message, value, length);
}

size_t vpa_message_nest(struct vpa_message *message, uint16_t type) {
  size_t start = message->length;
  vpa_message_attribute(message, type, "", 0);
  return start;
}

void vpa_message_nest_end(struct vpa_message *message, size_t start) {
  if (!message->failed)
    ((struct nlattr *)(message->buffer + start))->nla_len = (uint16_t)(message->length - start);
}

int vpa_message_end(struct vpa_message *message) {
  if (message->failed)
    return -EMSGSIZE;
  struct nlmsghdr header;
  memcpy(&header, message->buffer, sizeof header);
  header.nlmsg_len = (uint32_t)message->length;
  memcpy(message->buffer, &header, sizeof header);
  return (int)message->length;
}
