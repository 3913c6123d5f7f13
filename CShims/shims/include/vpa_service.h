/* The service manager, the journal and syslog, for a daemon that runs under systemd or without. */
#ifndef VPA_SERVICE_H
#define VPA_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tells the service manager (sd_notify(3)): lines such as "READY=1". Returns 1 when it was told, 0
 * when there is none, or -errno. */
int vpa_service_notify(const char *state);

/* Returns within how many nanoseconds the service manager wants to hear from this process
 * (sd_watchdog_enabled(3)), 0 when it does not, or -errno. */
int64_t vpa_service_watchdog_ns(void);

/* Whether standard error goes to the journal: JOURNAL_STREAM names its device and inode
 * (systemd.exec(5)). */
bool vpa_stderr_is_journal(void);

/* Sends one entry to the journal (sd_journal_sendv(3)): `NAME=value` fields, a line feed after
 * each. Returns 0, or -errno. */
int vpa_journal_send(const char *fields);

/* Sends one line to the syslog daemon of this machine, /dev/log, facility daemon (RFC 3164, without
 * the time); never waits. Returns 0, or -errno: -ENOENT when there is none, -EAGAIN when it is
 * busy. */
int vpa_syslog_send(int priority, const char *tag, const char *line);

#endif
