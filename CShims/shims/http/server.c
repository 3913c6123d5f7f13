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
  struct MHD_Connection *waiting; /* for a page that is being made; or NULL */
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

/* Takes the response over. */
static struct vpa_http_page *page_of(struct MHD_Response *response, unsigned status,
                                     const char *type, const char *allow) {
  struct vpa_http_page *page = calloc(1, sizeof(*page));
  if (!page) {
    if (response)
      MHD_destroy_response(response);
    return NULL;
  }
  *page = (struct vpa_http_page){.status = status, .response = response};
  if (response && MHD_add_response_header(response, "Content-Type", type) == MHD_YES &&
      MHD_add_response_header(response, "Connection", "close") == MHD_YES &&
      (!allow || MHD_add_response_header(response, "Allow", allow) == MHD_YES))
    return page;
  vpa_http_page_free(page);
  return NULL;
}

struct vpa_http_page *vpa_http_page_make(unsigned status, const char *type, const char *allow,
                                         const uint8_t *bytes, size_t length) {
  return page_of(
      MHD_create_response_from_buffer(length, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY),
      status, type, allow);
}

/* What the library calls a text by. */
struct text {
  vpa_http_read read;
  void (*release)(void *text);
  void *text;
};

static ssize_t read_text(void *cls, uint64_t position, char *buffer, size_t room) {
  struct text *text = cls;
  return (ssize_t)text->read(text->text, position, (uint8_t *)buffer, room);
}

static void release_text(void *cls) {
  struct text *text = cls;
  text->release(text->text);
  free(text);
}

struct vpa_http_page *vpa_http_page_read(unsigned status, const char *type, uint64_t length,
                                         vpa_http_read read, void (*release)(void *text),
                                         void *text) {
  struct text *copy = malloc(sizeof(*copy));
  if (!copy) {
    release(text);
    return NULL;
  }
  *copy = (struct text){.read = read, .release = release, .text = text};
  struct MHD_Response *response =
      MHD_create_response_from_callback(length, 1 << 16, read_text, copy, release_text);
  if (!response)
    release_text(copy);
  return page_of(response, status, type, NULL);
}

void vpa_http_page_free(struct vpa_http_page *page) {
  if (!page)
    return;
  if (page->response)
    MHD_destroy_response(page->response);
  free(page);
}

/* Stands for a page that is not made yet. */
static struct vpa_http_page later;

struct vpa_http_page *vpa_http_later(void) {
  return &later;
}

/* More than this in one request come from nobody who wants an answer. */
enum { MOST_ARGUMENTS = 128 };

static enum MHD_Result note_argument(void *cls, enum MHD_ValueKind kind, const char *name,
                                     const char *value) {
  (void)kind;
  struct vpa_http_request *request = cls;
  struct vpa_http_argument *arguments = (struct vpa_http_argument *)(uintptr_t)request->arguments;
  arguments[request->argument_count++] = (struct vpa_http_argument){name, value};
  return MHD_YES;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state) {
  (void)version, (void)upload, (void)upload_size, (void)state;
  struct vpa_http *http = cls;
  struct vpa_http_argument arguments[MOST_ARGUMENTS];
  struct vpa_http_request request = {method, path, arguments, 0};
  int count = MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);
  if (count > MOST_ARGUMENTS)
    return MHD_NO;
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, note_argument, &request);
  struct vpa_http_page *page = http->choose(http->context, &request);
  if (page != &later)
    return page ? MHD_queue_response(connection, page->status, page->response) : MHD_NO;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  struct visitor *visitor = info ? info->socket_context : NULL;
  if (!visitor)
    return MHD_NO;
  visitor->waiting = connection;
  MHD_suspend_connection(connection);
  return MHD_YES;
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
      *visitor = (struct visitor){.socket = -1};
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
  return MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, http,
      MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, http->limits.connections,
      MHD_OPTION_CONNECTION_TIMEOUT, http->limits.idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      http->limits.request_bytes, MHD_OPTION_NOTIFY_CONNECTION, note_visitor, http, MHD_OPTION_END);
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

void vpa_http_wake(struct vpa_http *http) {
  for (unsigned i = 0; i < http->limits.connections; i++) {
    struct MHD_Connection *waiting = http->visitors[i].waiting;
    http->visitors[i].waiting = NULL;
    if (waiting)
      MHD_resume_connection(waiting);
  }
}

void vpa_http_close(struct vpa_http *http) {
  vpa_http_wake(http); /* the library does not end with connections that wait */
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
