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

/* Copies up to `room` bytes of a text from a position on; returns how many, at least one. */
typedef size_t (*vpa_http_read)(void *text, uint64_t position, uint8_t *buffer, size_t room);

/* As vpa_http_page_make, for a text of so many bytes that is read while it is sent. `release` is
 * called when nobody sends it any more, also when there is no memory. */
struct vpa_http_page *vpa_http_page_read(unsigned status, const char *type, uint64_t length,
                                         vpa_http_read read, void (*release)(void *text),
                                         void *text);

/* Lets go of a page; connections that send it keep it until they are done. */
void vpa_http_page_free(struct vpa_http_page *page);

/* What stands behind the '?' of a request, decoded; no value when it has no '='. */
struct vpa_http_argument {
  const char *name;
  const char *value;
};

/* A request; good for one call. */
struct vpa_http_request {
  const char *method;
  const char *path; /* without its arguments */
  const struct vpa_http_argument *arguments;
  size_t argument_count;
};

/* Returns the page to send for a request, which stays the callee's; NULL closes the connection,
 * vpa_http_later() has it wait: the same is asked again after vpa_http_wake. */
typedef struct vpa_http_page *(*vpa_http_choose)(void *context,
                                                 const struct vpa_http_request *request);

/* Stands for a page that is not made yet. */
struct vpa_http_page *vpa_http_later(void);

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

/* Has all connections ask again that wait for a page; vpa_http_run does it. */
void vpa_http_wake(struct vpa_http *http);

/* How many connections are open. */
unsigned vpa_http_connections(const struct vpa_http *http);

#endif
