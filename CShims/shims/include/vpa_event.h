#ifndef VPA_EVENT_H
#define VPA_EVENT_H

#include "vpa_ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VPA_ALGORITHM_NAME 64
#define VPA_LINK_NAME 16
#define VPA_LEGS 32 /* routes and groups of more are not replayable */

/* What the kernel finds an SA by. */
struct vpa_sa_key {
  struct vpa_ip destination;
  uint32_t spi;
  uint32_t mark_value; /* both 0 unless has_mark */
  uint32_t mark_mask;
  uint8_t protocol;
  bool has_mark;
};

/* An algorithm as the kernel names it; never its key. */
struct vpa_algorithm {
  char name[VPA_ALGORITHM_NAME]; /* empty: none */
  uint32_t key_bits;             /* length of the key, a salt counted in */
};

/* What the kernel counts of an SA since it was made. */
struct vpa_sa_counts {
  uint64_t packets;
  uint64_t bytes;          /* of inner packets */
  uint64_t last_used;      /* seconds since 1970; 0: never, or not told (kernels before 6.2) */
  uint32_t outside_window; /* packets dropped: too old for the replay window, */
  uint32_t replayed;       /* received before, */
  uint32_t integrity_failed;
};

/* An SA without its keys. */
struct vpa_sa {
  struct vpa_sa_key key;
  struct vpa_ip source;
  struct vpa_sa_counts counts;
  uint64_t added_at;     /* seconds since 1970 */
  uint64_t soft_seconds; /* lifetimes, counted from added_at; 0: without end */
  uint64_t hard_seconds;
  uint64_t soft_bytes; /* UINT64_MAX: without end */
  uint64_t hard_bytes;
  uint64_t soft_packets;
  uint64_t hard_packets;
  uint32_t replay_window; /* packets; 0: no anti-replay service */
  uint32_t reqid;
  uint32_t if_id;
  uint16_t encap_source_port; /* both 0 unless has_encap */
  uint16_t encap_destination_port;
  uint8_t mode;      /* XFRM_MODE_* */
  uint8_t direction; /* XFRMA_SA_DIR: 1 in, 2 out, 0 not told */
  bool has_counts;   /* of a deleted one: whether the kernel told its last counters */
  bool has_encap;
  bool esn;    /* extended sequence numbers */
  bool larval; /* spi 0 or no algorithm; of an EXPIRE, which names none, spi 0 alone */
  struct vpa_algorithm aead;
  struct vpa_algorithm encryption;
  struct vpa_algorithm authentication;
  struct vpa_algorithm compression;
};

/* An XFRM policy, and of its templates the first that is ESP in tunnel mode. */
struct vpa_policy {
  struct vpa_ip source; /* the selector's prefixes */
  struct vpa_ip destination;
  struct vpa_ip tunnel_source; /* the template's endpoints; all 0 unless has_template */
  struct vpa_ip tunnel_destination;
  uint32_t index; /* tells policies apart */
  uint32_t priority;
  uint32_t mark_value; /* both 0 unless has_mark */
  uint32_t mark_mask;
  uint32_t if_id;
  uint32_t reqid; /* the template's */
  uint8_t source_length;
  uint8_t destination_length;
  uint8_t protocol;  /* of the selector; 0: any */
  uint8_t direction; /* XFRM_POLICY_IN, _OUT or _FWD */
  bool has_ports;    /* whether the selector looks at ports, or at ICMP types */
  bool has_mark;
  bool has_template;
};

enum vpa_link_kind { VPA_LINK_OTHER, VPA_LINK_VTI, VPA_LINK_XFRM };

struct vpa_link {
  enum vpa_link_kind kind; /* VPA_LINK_VTI: vti and vti6 */
  int32_t index;
  uint32_t mtu;
  struct vpa_ip local; /* VTI only: endpoints, and keys in host order */
  struct vpa_ip remote;
  uint32_t input_key;
  uint32_t output_key;
  uint32_t if_id;     /* XFRM interfaces only */
  int32_t bound_to;   /* IFLA_LINK; of a VTI the device that it is bound to (`dev`); 0: none */
  int32_t master;     /* index of the VRF or bridge that it belongs to; 0: none */
  uint32_t vrf_table; /* VRFs only: their routing table */
  uint8_t operational_state;
  bool link_mode_dormant;
  bool admin_up;
  bool other_netns; /* IFLA_LINK_NETNSID: the link was made in another network namespace */
  char name[VPA_LINK_NAME];
  char kind_name[VPA_LINK_NAME]; /* IFLA_INFO_KIND, empty for hardware */
};

struct vpa_address {
  struct vpa_ip address;
  struct vpa_ip peer; /* family 0 unless the link is peer-addressed */
  int32_t link_index;
  uint32_t flags; /* IFA_F_* that an operator sets, and IFA_F_PERMANENT */
  uint32_t metric;
  uint8_t prefix_length;
};

/* One way of a route. */
struct vpa_leg {
  struct vpa_ip gateway; /* family 0: none */
  int32_t link_index;
  uint8_t weight; /* as `ip route` shows it: 1 is the least */
};

struct vpa_route {
  struct vpa_ip destination;
  struct vpa_leg legs[VPA_LEGS]; /* in the kernel's order */
  uint32_t leg_count;
  struct vpa_ip preferred_source; /* RTA_PREFSRC; family 0: none */
  uint32_t nexthop_id;            /* RTA_NH_ID; 0: none */
  uint32_t table;
  uint32_t metric;
  uint8_t prefix_length;
  uint8_t tos;
  uint8_t type;     /* RTN_* */
  uint8_t protocol; /* RTPROT_* */
  uint8_t scope;
  bool replayable; /* whether vpa_build_route_replay makes this route again */
  bool replaces;   /* NLM_F_REPLACE: it took the place of one of the same identity */
  bool appended;   /* NLM_F_APPEND: it stands beside others of the same identity */
};

/* A nexthop object, or a group of them. */
struct vpa_nexthop {
  uint32_t id;
  int32_t link_index; /* 0: a group, a blackhole */
  uint32_t member_count;
  uint32_t members[VPA_LEGS]; /* of a group: ids in the kernel's order */
  uint8_t protocol;           /* RTPROT_* */
  bool replayable;
};

/* A policy rule that selects a table by output link. */
struct vpa_rule {
  char output_link[VPA_LINK_NAME]; /* empty: not by link */
  char input_link[VPA_LINK_NAME];
  uint32_t table; /* 0: the rule names none */
  uint32_t priority;
  uint8_t family;   /* 4 or 6 */
  uint8_t protocol; /* RTPROT_* */
  bool drops;       /* FR_ACT_BLACKHOLE: no table is looked into */
};

enum vpa_event_kind {
  VPA_EVENT_NONE,
  VPA_EVENT_SA, /* new, updated, or an item of a dump */
  VPA_EVENT_SA_DELETED,
  VPA_EVENT_SA_EXPIRED,
  VPA_EVENT_SA_FLUSHED,
  VPA_EVENT_POLICY, /* new, updated, or an item of a dump */
  VPA_EVENT_POLICY_DELETED,
  VPA_EVENT_POLICY_EXPIRED,
  VPA_EVENT_POLICIES_FLUSHED,
  VPA_EVENT_LINK,
  VPA_EVENT_LINK_DELETED,
  VPA_EVENT_ADDRESS,
  VPA_EVENT_ADDRESS_DELETED,
  VPA_EVENT_ROUTE,
  VPA_EVENT_ROUTE_DELETED,
  VPA_EVENT_NEXTHOP,
  VPA_EVENT_NEXTHOP_DELETED,
  VPA_EVENT_RULE,
  VPA_EVENT_RULE_DELETED,
};

/* One decoded netlink message; only the member that `kind` names is filled. */
struct vpa_event {
  enum vpa_event_kind kind;
  bool expired_hard;        /* SA_EXPIRED, POLICY_EXPIRED */
  uint8_t flushed_protocol; /* SA_FLUSHED: 0 and 255 mean every protocol */
  struct vpa_sa sa;         /* SA, SA_EXPIRED; SA_DELETED: key and counts alone */
  struct vpa_policy policy;
  struct vpa_link link;
  struct vpa_address address;
  struct vpa_route route;
  struct vpa_nexthop nexthop;
  struct vpa_rule rule;
};

#endif
