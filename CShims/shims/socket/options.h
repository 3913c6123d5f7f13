/* Internal: options of sockets. Setters return 0, or -1 with errno set. */
#ifndef VPA_SOCKET_OPTIONS_H
#define VPA_SOCKET_OPTIONS_H

#include <linux/filter.h>
#include <linux/xfrm.h>
#include <stddef.h>
#include <stdint.h>

/* Sets an option whose value is an int. */
int vpa_set_option(int fd, int level, int option, int value);

/* Attaches a classic BPF program. */
int vpa_attach_filter(int fd, const struct sock_filter *code, size_t length);

/* What a socket's own policy begins with: let any packet of a family (AF_INET or AF_INET6) pass.
 * Without a template behind it that means: in clear (net/xfrm/xfrm_user.c, xfrm_compile_policy). */
struct xfrm_userpolicy_info vpa_socket_policy(int family, uint8_t direction);

/* Gives a socket such a policy. */
int vpa_set_policy(int fd, int family, const void *policy, size_t size);

/* Closes a descriptor of which something failed; returns the -errno of that. */
int vpa_close_failed(int fd);

#endif
