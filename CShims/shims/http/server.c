#define _GNU_SOURCE
#include "vpa_http.h"

#include "../socket/address.h"
#include "../socket/options.h"
#include "vpa_io.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection, and when it is cut; no connection when the socket is negative. */
struct visitor {
  int socket;
  int64_t cut_at;
};

struct vpa_http {
  struct MHD_Daemon *daemon;
  int epoll;
  vpa_http_choose choose;
  void *context;
  struct vpa_http_limits limits;
  struct visitor *visitors;
};

struct vpa_http_page {
  struct MHD_Response *response;
  unsigned status;
};

struct vpa_http_page *vpa_http_page_make(unsigned status, const char *type, const char *allow,
                                         const uint8_t *bytes, size_t length) {
  struct vpa_http_page *page = calloc(1, sizeof(*page));
  if (!page)
    return NULL;
  page->status = status;
  page->response =
      MHD_create_response_from_buffer(length, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
  if (page->response && MHD_add_response_header(page->response, "Content-Type", type) == MHD_YES &&
      MHD_add_response_header(page->response, "Connection", "close") == MHD_YES &&
      (!allow || MHD_add_response_header(page->response, "Allow", allow) == MHD_YES))
    return page;
  vpa_http_page_free(page);
  return NULL;
}

void vpa_http_page_free(struct vpa_http_page *page) {
  if (!page)
    return;
  if (page->response)
    MHD_destroy_response(page->response);
  free(page);
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state) {
  (void)version, (void)upload, (void)upload_size, (void)state;
  struct vpa_http *http = cls;
  struct vpa_http_page *page = http->choose(http->context, method, path);
  return page ? MHD_queue_response(connection, page->status, page->response) : MHD_NO;
}

/* The idle limit alone would let a client that dribbles hold its place for ever. */
static void note_visitor(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code) {
  struct vpa_http *http = cls;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct visitor *visitor = *context;
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    if (visitor)
      visitor->socket = -1;
    return;
  }
  for (unsigned i = 0; info && i < http->limits.connections; i++) {
    visitor = &http->visitors[i];
    if (visitor->socket >= 0)
      continue;
    visitor->socket = info->connect_fd;
    visitor->cut_at = vpa_monotonic_ns() + (int64_t)http->limits.total_s * 1000000000;
    *context = visitor;
    return;
  }
}

int vpa_http_listen_tcp(const struct vpa_ip *address, uint16_t port) {
  union vpa_socket_address at;
  socklen_t length = vpa_socket_address_write(&at, address, port, 0);
  int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  if (vpa_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0 && bind(fd, &at.any, length) == 0 &&
      listen(fd, 16) == 0)
    return fd;
  return vpa_close_failed(fd);
}

static struct MHD_Daemon *start(struct vpa_http *http, int listener) {
  return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, http, MHD_OPTION_LISTEN_SOCKET,
                          listener, MHD_OPTION_CONNECTION_LIMIT, http->limits.connections,
                          MHD_OPTION_CONNECTION_TIMEOUT, http->limits.idle_s,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, http->limits.request_bytes,
                          MHD_OPTION_NOTIFY_CONNECTION, note_visitor, http, MHD_OPTION_END);
}

int vpa_http_open(int listener, const struct vpa_http_limits *limits, vpa_http_choose choose,
                  void *context, struct vpa_http **result) {
  struct vpa_http *http = calloc(1, sizeof(*http));
  struct visitor *visitors = calloc(limits->connections, sizeof(*visitors));
  if (http && visitors) {
    for (unsigned i = 0; i < limits->connections; i++)
      visitors[i].socket = -1;
    *http = (struct vpa_http){
        .choose = choose, .context = context, .limits = *limits, .visitors = visitors};
    http->daemon = start(http, listener);
  }
  const union MHD_DaemonInfo *info =
      http && http->daemon ? MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
  if (info) {
    http->epoll = info->epoll_fd;
    *result = http;
    return 0;
  }
  if (http && http->daemon)
    MHD_stop_daemon(http->daemon);
  else
    close(listener);
  free(visitors);
  free(http);
  return -ENOMEM;
}

void vpa_http_close(struct vpa_http *http) {
  MHD_stop_daemon(http->daemon);
  free(http->visitors);
  free(http);
}

int vpa_http_descriptor(const struct vpa_http *http) { return http->epoll; }

/* Cuts whoever is here too long; libmicrohttpd sees the end of it. Returns when the next one is. */
static int64_t cut_visitors(struct vpa_http *http, int64_t now) {
  int64_t next = INT64_MAX;
  for (unsigned i = 0; i < http->limits.connections; i++) {
    struct visitor *visitor = &http->visitors[i];
    if (visitor->socket >= 0 && visitor->cut_at <= now) {
      shutdown(visitor->socket, SHUT_RDWR);
      visitor->cut_at = INT64_MAX;
    }
    if (visitor->socket >= 0 && visitor->cut_at < next)
      next = visitor->cut_at;
  }
  return next;
}

unsigned vpa_http_connections(const struct vpa_http *http) {
  unsigned count = 0;
  for (unsigned i = 0; i < http->limits.connections; i++)
    count += http->visitors[i].socket >= 0;
  return count;
}

static unsigned is_full(const struct vpa_http *http) {
  return vpa_http_connections(http) >= http->limits.connections;
}

int64_t vpa_http_run(struct vpa_http *http) {
  cut_visitors(http, vpa_monotonic_ns());
  unsigned was_full = is_full(http);
  MHD_run(http->daemon);
  /* A full server has taken its listener out of its epoll and only the next run puts it back
   * (libmicrohttpd's daemon.c, MHD_epoll); nothing would call for that one. */
  if (was_full && !is_full(http))
    MHD_run(http->daemon);
  int64_t now = vpa_monotonic_ns();
  int64_t next = cut_visitors(http, now);
  int64_t wait = next == INT64_MAX ? -1 : next - now;
  MHD_UNSIGNED_LONG_LONG ms = 0;
  if (MHD_get_timeout(http->daemon, &ms) == MHD_YES && (wait < 0 || (int64_t)ms * 1000000 < wait))
    wait = (int64_t)ms * 1000000;
  return wait;
}
