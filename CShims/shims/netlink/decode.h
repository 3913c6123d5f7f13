/* Internal: decoders of one message's payload, by noun; all return as vpa_decode. */
#ifndef VPA_DECODE_INTERNAL_H
#define VPA_DECODE_INTERNAL_H

#include "vpa_event.h"

#include <stdint.h>

int vpa_decode_sa(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_sa_deleted(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_sa_expired(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_sa_flushed(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_policy(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_policy_deleted(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_policy_expired(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_policies_flushed(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_link(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_address(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_route(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_nexthop(const void *body, size_t length, struct vpa_event *event);
int vpa_decode_rule(const void *body, size_t length, struct vpa_event *event);

#endif
