/*
 * SAs. libnl-xfrm 3.7.0 reads EXPIRE and DELSA at the wrong offset and knows neither if_id nor
 * direction, hence this (docs/facts/kernel.md, "libnl-xfrm"). Message layouts are
 * net/xfrm/xfrm_user.c's.
 */
#include "attribute.h"
#include "decode.h"

#include <endian.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <stddef.h>
#include <string.h>

/* Newer than the headers of Debian 12 (kernel 6.10, 6.11, 6.13). */
enum {
  VPA_XFRMA_SA_DIR = 33,
  VPA_XFRMA_NAT_KEEPALIVE_INTERVAL = 34,
  VPA_XFRMA_SA_PCPU = 35,
  VPA_XFRMA_COUNT = 36,
};

_Static_assert(sizeof(struct xfrm_usersa_info) == 224, "NEWSA and UPDSA begin with it");
_Static_assert(sizeof(struct xfrm_usersa_id) == 24, "DELSA begins with it");
_Static_assert(sizeof(struct xfrm_user_expire) == 232, "EXPIRE begins with it");

static int read_mark(const struct nlattr *attribute, struct vpa_sa_key *key) {
  struct xfrm_mark mark = {0};
  if (vpa_attribute_copy(attribute, &mark, sizeof mark) < 0)
    return -EBADMSG;
  key->mark_value = mark.v;
  key->mark_mask = mark.m;
  key->has_mark = mark.v != 0 || mark.m != 0;
  return 0;
}

static void read_counts(const struct xfrm_usersa_info *info, struct vpa_sa *sa) {
  sa->counts.packets = info->curlft.packets;
  sa->counts.bytes = info->curlft.bytes;
  sa->counts.outside_window = info->stats.replay_window;
  sa->counts.replayed = info->stats.replay;
  sa->counts.integrity_failed = info->stats.integrity_failed;
  sa->has_counts = true;
}

static void read_info(const void *body, struct vpa_sa *sa) {
  struct xfrm_usersa_info info; /* the fixed part holds no key */
  memcpy(&info, body, sizeof info);
  sa->key.destination = vpa_ip_read(&info.id.daddr, info.family);
  sa->key.spi = be32toh(info.id.spi);
  sa->key.protocol = info.id.proto;
  sa->source = vpa_ip_read(&info.saddr, info.family);
  sa->reqid = info.reqid;
  sa->mode = info.mode;
  read_counts(&info, sa);
  sa->added_at = info.curlft.add_time;
  sa->soft_seconds = info.lft.soft_add_expires_seconds;
  sa->hard_seconds = info.lft.hard_add_expires_seconds;
  sa->soft_bytes = info.lft.soft_byte_limit;
  sa->hard_bytes = info.lft.hard_byte_limit;
  sa->soft_packets = info.lft.soft_packet_limit;
  sa->hard_packets = info.lft.hard_packet_limit;
  sa->replay_window = info.replay_window;
  sa->esn = (info.flags & XFRM_STATE_ESN) != 0;
}

_Static_assert(offsetof(struct xfrm_algo, alg_key_len) == VPA_ALGORITHM_NAME &&
                   offsetof(struct xfrm_algo_auth, alg_key_len) == VPA_ALGORITHM_NAME &&
                   offsetof(struct xfrm_algo_aead, alg_key_len) == VPA_ALGORITHM_NAME,
               "the length follows the name in all of them");

/* Name and length of the key are the first members of struct xfrm_algo, _auth and _aead; the key
 * comes last. */
static int read_algorithm(const struct nlattr *attribute, struct vpa_algorithm *algorithm) {
  if (!attribute)
    return 0;
  if (mnl_attr_get_payload_len(attribute) < sizeof(struct xfrm_algo))
    return -EBADMSG;
  const char *payload = mnl_attr_get_payload(attribute);
  memcpy(algorithm->name, payload, VPA_ALGORITHM_NAME);
  algorithm->name[VPA_ALGORITHM_NAME - 1] = 0;
  memcpy(&algorithm->key_bits, payload + VPA_ALGORITHM_NAME, sizeof algorithm->key_bits);
  return 0;
}

static int read_algorithms(const struct nlattr **table, struct vpa_sa *sa) {
  /* The kernel sends ALG_AUTH and ALG_AUTH_TRUNC of the same algorithm. */
  const struct nlattr *authentication =
      table[XFRMA_ALG_AUTH_TRUNC] ? table[XFRMA_ALG_AUTH_TRUNC] : table[XFRMA_ALG_AUTH];
  if (read_algorithm(table[XFRMA_ALG_AEAD], &sa->aead) < 0 ||
      read_algorithm(table[XFRMA_ALG_CRYPT], &sa->encryption) < 0 ||
      read_algorithm(authentication, &sa->authentication) < 0 ||
      read_algorithm(table[XFRMA_ALG_COMP], &sa->compression) < 0)
    return -EBADMSG;
  return 0;
}

static int read_encapsulation(const struct nlattr *attribute, struct vpa_sa *sa) {
  struct xfrm_encap_tmpl encap = {0};
  if (!attribute)
    return 0;
  if (vpa_attribute_copy(attribute, &encap, sizeof encap) < 0)
    return -EBADMSG;
  sa->has_encap = true;
  sa->encap_source_port = be16toh(encap.encap_sport);
  sa->encap_destination_port = be16toh(encap.encap_dport);
  return 0;
}

/* Windows of more than 32 packets, and those of extended sequence numbers, have an attribute. */
static int read_replay(const struct nlattr *attribute, struct vpa_sa *sa) {
  struct xfrm_replay_state_esn state = {0};
  if (!attribute)
    return 0;
  if (vpa_attribute_copy(attribute, &state, sizeof state) < 0)
    return -EBADMSG;
  sa->replay_window = state.replay_window;
  return 0;
}

static int read_attributes(const struct nlattr **table, struct vpa_sa *sa) {
  if (read_mark(table[XFRMA_MARK], &sa->key) < 0 || read_algorithms(table, sa) < 0 ||
      read_encapsulation(table[XFRMA_ENCAP], sa) < 0 ||
      read_replay(table[XFRMA_REPLAY_ESN_VAL], sa) < 0 ||
      vpa_attribute_copy(table[XFRMA_IF_ID], &sa->if_id, sizeof sa->if_id) < 0 ||
      vpa_attribute_copy(table[XFRMA_LASTUSED], &sa->counts.last_used,
                         sizeof sa->counts.last_used) < 0 ||
      vpa_attribute_copy(table[VPA_XFRMA_SA_DIR], &sa->direction, sizeof sa->direction) < 0)
    return -EBADMSG;
  return 0;
}

/* Reads what NEWSA and EXPIRE have in common, behind a fixed part of this size. */
static int read_sa(const void *body, size_t length, size_t fixed, const struct nlattr **table,
                   struct vpa_sa *sa) {
  if (vpa_attributes_after(body, length, fixed, table, VPA_XFRMA_COUNT) < 0)
    return -EBADMSG;
  read_info(body, sa);
  sa->larval = sa->key.spi == 0;
  return sa->key.destination.family == 0 ? -EBADMSG : read_attributes(table, sa);
}

int vpa_decode_sa(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[VPA_XFRMA_COUNT];
  if (read_sa(body, length, sizeof(struct xfrm_usersa_info), table, &event->sa) < 0)
    return -EBADMSG;
  event->sa.larval |= !(table[XFRMA_ALG_AEAD] || table[XFRMA_ALG_CRYPT] || table[XFRMA_ALG_AUTH] ||
                        table[XFRMA_ALG_AUTH_TRUNC] || table[XFRMA_ALG_COMP]);
  return 1;
}

int vpa_decode_sa_expired(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[VPA_XFRMA_COUNT];
  if (read_sa(body, length, sizeof(struct xfrm_user_expire), table, &event->sa) < 0)
    return -EBADMSG;
  event->expired_hard = ((const uint8_t *)body)[offsetof(struct xfrm_user_expire, hard)] != 0;
  return 1;
}

/* The deleted SA as it was, with its last counters. */
static int read_last_counts(const struct nlattr *attribute, struct vpa_sa *sa) {
  struct xfrm_usersa_info info = {0};
  if (!attribute)
    return 0;
  if (vpa_attribute_copy(attribute, &info, sizeof info) < 0)
    return -EBADMSG;
  read_counts(&info, sa);
  return 0;
}

int vpa_decode_sa_deleted(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[VPA_XFRMA_COUNT];
  if (vpa_attributes_after(body, length, sizeof(struct xfrm_usersa_id), table, VPA_XFRMA_COUNT) < 0)
    return -EBADMSG;
  struct xfrm_usersa_id id;
  memcpy(&id, body, sizeof id);
  struct vpa_sa_key *key = &event->sa.key;
  key->destination = vpa_ip_read(&id.daddr, (uint8_t)id.family);
  key->spi = be32toh(id.spi);
  key->protocol = id.proto;
  if (key->destination.family == 0 || read_mark(table[XFRMA_MARK], key) < 0 ||
      read_last_counts(table[XFRMA_SA], &event->sa) < 0)
    return -EBADMSG;
  return 1;
}

int vpa_decode_sa_flushed(const void *body, size_t length, struct vpa_event *event) {
  struct xfrm_usersa_flush flush;
  if (length < sizeof flush)
    return -EBADMSG;
  memcpy(&flush, body, sizeof flush);
  event->flushed_protocol = flush.proto;
  return 1;
}
