/* Builders of request messages: pure, all return the message's length or -errno, -EMSGSIZE when
 * `capacity` is too small. Sequence numbers are set when the message is sent. */
#ifndef VPA_BUILD_H
#define VPA_BUILD_H

#include "vpa_event.h"

/* More than any built message but a route replay, which is as long as the dumped message. */
#define VPA_REQUEST_CAPACITY 1024

enum vpa_table {
  VPA_TABLE_SAS,
  VPA_TABLE_POLICIES,
  VPA_TABLE_LINKS,
  VPA_TABLE_ADDRESSES,
  VPA_TABLE_ROUTES,
  VPA_TABLE_NEXTHOPS,
  VPA_TABLE_RULES,
};

/* What is to be done with a dumped route or nexthop. */
enum vpa_change {
  VPA_CHANGE_ADD,     /* beside others of the same identity; exactly the same: EEXIST */
  VPA_CHANGE_REPLACE, /* in their place */
  VPA_CHANGE_DELETE,
};

/* Builds the dump request of a whole table. */
int vpa_build_dump(void *buffer, size_t capacity, enum vpa_table table);

/* Builds the same route request body with another table in it; returns its length or -errno. */
int vpa_build_route_in_table(void *buffer, size_t capacity, const void *body, size_t length,
                             uint32_t table);

/* Builds the dump request of a family's routes (4 or 6), those by a link alone unless `link` is 0,
 * and of a protocol alone unless `protocol` is 0. A kernel before 4.20 dumps them all. */
int vpa_build_route_dump(void *buffer, size_t capacity, uint8_t family, int32_t link,
                         uint8_t protocol);

/* Builds the request of the route by which a packet to `destination` leaves, as it stands in the
 * kernel's table (RTM_F_FIB_MATCH). A kernel before 4.13 answers with a cached one. */
int vpa_build_route_get(void *buffer, size_t capacity, const struct vpa_ip *destination);

/* Builds XFRM_MSG_GETSA. */
int vpa_build_sa_get(void *buffer, size_t capacity, const struct vpa_sa_key *key);

/* Builds the hard or soft XFRM_MSG_EXPIRE of the SA in a NEWSA message: its usersa_info and
 * XFRMA_MARK exactly as dumped, nothing else of it; -EBADMSG when that is no NEWSA. */
int vpa_build_sa_expire(void *buffer, size_t capacity, const void *newsa, size_t newsa_length,
                        bool hard);

/* Builds the RTM_SETLINK that makes a link's operational state and link mode dormant, or gives
 * both back (UP and DEFAULT). */
int vpa_build_link_state(void *buffer, size_t capacity, int32_t index, bool dormant);

/* Builds the RTM_SETLINK that sets or clears a link's admin flag. */
int vpa_build_link_admin(void *buffer, size_t capacity, int32_t index, bool up);

/* Builds the RTM_NEWADDR (exclusive) of an address. */
int vpa_build_address(void *buffer, size_t capacity, const struct vpa_address *address);

/* Builds the RTM_NEWLINK (exclusive) of an XFRM interface with this if_id, bound to no device. */
int vpa_build_xfrm_link(void *buffer, size_t capacity, const char *name, uint32_t if_id);

/* Builds the RTM_SETLINK that keeps a link without an IPv6 link-local address; before it is up.
 * The kernel answers -EAFNOSUPPORT where it has no IPv6. */
int vpa_build_link_unaddressed(void *buffer, size_t capacity, const char *name);

/* Builds the RTM_SETLINK that brings a link up on which nothing but answers to us is welcome: no
 * IPv4 packet is forwarded from it, and none is dropped for want of a route back (rp_filter). */
int vpa_build_link_for_probes(void *buffer, size_t capacity, const char *name);

/* Builds RTM_DELLINK. */
int vpa_build_link_delete(void *buffer, size_t capacity, int32_t index);

/* Builds the RTM_NEWROUTE (exclusive) or RTM_DELROUTE of a one-leg or unreachable route from its
 * fields; of its legs only the first one's link is used. */
int vpa_build_route(void *buffer, size_t capacity, const struct vpa_route *route, bool add);

/* Builds the body (rtmsg and attributes) that makes the route of a dumped or multicast
 * RTM_NEWROUTE again; -EBADMSG when that is no route. */
int vpa_build_route_replay(void *buffer, size_t capacity, const void *message, size_t length);

/* Wraps such a body in an RTM_NEWROUTE or RTM_DELROUTE, leaving out the legs of a multipath route
 * that go by any of `count` links. */
int vpa_build_route_request(void *buffer, size_t capacity, const void *body, size_t length,
                            enum vpa_change change, const int32_t *links, size_t count);

/* Builds the body (nhmsg and attributes) that makes the nexthop of a dumped or multicast
 * RTM_NEWNEXTHOP again; -EBADMSG when that is no nexthop. */
int vpa_build_nexthop_replay(void *buffer, size_t capacity, const void *message, size_t length);

/* Builds RTM_NEWRULE (exclusive) or RTM_DELRULE. */
int vpa_build_rule(void *buffer, size_t capacity, const struct vpa_rule *rule, bool add);

/* Wraps such a body in an RTM_NEWNEXTHOP (exclusive, or replacing), leaving out of a group `count`
 * members. */
int vpa_build_nexthop_request(void *buffer, size_t capacity, const void *body, size_t length,
                              enum vpa_change change, const uint32_t *members, size_t count);

#endif
