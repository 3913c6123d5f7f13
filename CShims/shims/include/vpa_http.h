/* HTTP for pages that a monitoring system reads: libmicrohttpd, driven by the caller's loop through
 * one epoll descriptor. Each connection carries one request. No thread, no wait. */
#ifndef VPA_HTTP_H
#define VPA_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "vpa_ip.h"

struct vpa_http;

/* A status, headers and a body. All connections that send it share one copy. */
struct vpa_http_page;

/* Returns a page, or NULL without memory. `type` is its media type, `allow` the methods that are
 * allowed, or NULL. The bytes are copied. */
struct vpa_http_page *vpa_http_page_make(unsigned status, const char *type, const char *allow,
                                         const uint8_t *bytes, size_t length);

/* Lets go of a page; connections that send it keep it until they are done. */
void vpa_http_page_free(struct vpa_http_page *page);

/* Returns the page to send for a request, which stays the callee's; NULL closes the connection. */
typedef struct vpa_http_page *(*vpa_http_choose)(void *context, const char *method,
                                                 const char *path);

struct vpa_http_limits {
  unsigned connections; /* at a time; further ones wait in the listener's queue */
  unsigned idle_s;      /* without a byte */
  unsigned total_s;     /* from accepted to closed, however busy */
  size_t request_bytes; /* for request line and headers, and as much to send from */
};

/* Listens on a TCP address, with the port in host order. Returns the fd (non-blocking), or -errno.
 */
int vpa_http_listen_tcp(const struct vpa_ip *address, uint16_t port);

/* Serves what connects to `listener`, which is closed with the server, or when this fails. Returns
 * 0 and the server, or -errno. */
int vpa_http_open(int listener, const struct vpa_http_limits *limits, vpa_http_choose choose,
                  void *context, struct vpa_http **http);

/* Closes the listener and all connections. */
void vpa_http_close(struct vpa_http *http);

/* The descriptor that is readable when vpa_http_run has something to do. */
int vpa_http_descriptor(const struct vpa_http *http);

/* Does what is to be done without waiting. Returns within how many nanoseconds it has to be called
 * again though nothing is readable; negative: never. */
int64_t vpa_http_run(struct vpa_http *http);

/* How many connections are open. */
unsigned vpa_http_connections(const struct vpa_http *http);

#endif
