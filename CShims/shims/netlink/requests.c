/* Request sockets: one request at a time, its reply read to the end. */
#include "attribute.h"
#include "socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int vpa_request_send(struct vpa_netlink *nl, const void *message, size_t length) {
  struct nlmsghdr header;
  if (length < sizeof header)
    return -EINVAL;
  memcpy(&header, message, sizeof header);
  header.nlmsg_seq = ++nl->sequence;
  header.nlmsg_pid = 0;
  if ((header.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) /* one of its bits is NLM_F_EXCL */
    header.nlmsg_flags |= NLM_F_ACK;                   /* every reply has an end */
  nl->inconsistent = false;
  nl->complaint[0] = 0;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  struct iovec parts[] = {
      {.iov_base = &header, .iov_len = sizeof header},
      {.iov_base = (char *)message + sizeof header, .iov_len = length - sizeof header}};
  struct msghdr datagram = {
      .msg_name = &kernel, .msg_namelen = sizeof kernel, .msg_iov = parts, .msg_iovlen = 2};
  ssize_t sent;
  do
    sent = sendmsg(nl->fd, &datagram, 0);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

/* Keeps the kernel's text, which follows `fixed` bytes of an NLMSG_ERROR or NLMSG_DONE. */
static void keep_complaint(struct vpa_netlink *nl, const struct nlmsghdr *header, size_t fixed) {
  const struct nlattr *table[NLMSGERR_ATTR_MSG + 1];
  size_t length = header->nlmsg_len - NLMSG_HDRLEN;
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || fixed > length)
    return;
  const char *body = mnl_nlmsg_get_payload(header);
  if (vpa_attributes(body + fixed, length - fixed, table, NLMSGERR_ATTR_MSG + 1) == 0)
    vpa_attribute_text(table[NLMSGERR_ATTR_MSG], nl->complaint, sizeof nl->complaint);
}

/* Returns 0 or -errno as the end of a reply says. */
static int ended(struct vpa_netlink *nl, const struct nlmsghdr *header) {
  int32_t error = 0;
  if (header->nlmsg_len < NLMSG_HDRLEN + sizeof error)
    return header->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
  memcpy(&error, mnl_nlmsg_get_payload(header), sizeof error);
  size_t fixed = sizeof error;
  if (header->nlmsg_type == NLMSG_ERROR) {
    struct nlmsgerr reply;
    if (header->nlmsg_len < NLMSG_HDRLEN + sizeof reply)
      return -EBADMSG;
    memcpy(&reply, mnl_nlmsg_get_payload(header), sizeof reply);
    fixed = sizeof reply;
    if (!(header->nlmsg_flags & NLM_F_CAPPED) && reply.msg.nlmsg_len > NLMSG_HDRLEN)
      fixed += reply.msg.nlmsg_len - NLMSG_HDRLEN;
  }
  keep_complaint(nl, header, fixed);
  if (error == 0 && nl->inconsistent)
    return -ESTALE;
  return error > 0 ? -EBADMSG : error;
}

enum { DATAGRAM_TAKEN = 2 };

/* Returns 1 with the next item of the datagram that is here, DATAGRAM_TAKEN at its end, and what
 * `ended` says at the end of the reply; both ends wipe it. */
static int next_here(struct vpa_netlink *nl, struct vpa_event *event) {
  const struct nlmsghdr *header;
  size_t length;
  while ((header = vpa_netlink_message(nl, &length))) {
    if (header->nlmsg_seq != nl->sequence) /* a late reply to one that timed out */
      continue;
    if (header->nlmsg_flags & NLM_F_DUMP_INTR)
      nl->inconsistent = true;
    if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
      int result = ended(nl, header);
      vpa_netlink_wipe(nl); /* the end of a dump shares its datagram with SAs */
      return result;
    }
    int result = vpa_decode(nl->protocol, header, length, event);
    if (result == 1)
      return 1;
    if (result < 0)
      nl->drops.malformed++;
  }
  vpa_netlink_wipe(nl);
  return DATAGRAM_TAKEN;
}

int vpa_request_next(struct vpa_netlink *nl, struct vpa_event *event) {
  for (;;) {
    int result = next_here(nl, event);
    if (result != DATAGRAM_TAKEN)
      return result;
    result = vpa_netlink_receive(nl);
    if (result < 0)
      return result == -EAGAIN ? -ETIMEDOUT : result;
  }
}

int vpa_dump_next(struct vpa_netlink *nl, struct vpa_event *event) {
  int result = nl->length == 0 ? vpa_netlink_receive(nl) : 0;
  if (result < 0)
    return result;
  result = next_here(nl, event);
  return result == DATAGRAM_TAKEN ? -EAGAIN : result;
}

const char *vpa_request_complaint(const struct vpa_netlink *nl) { return nl->complaint; }
