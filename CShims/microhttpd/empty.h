/* See module.modulemap: no declaration crosses here, Swift never sees <microhttpd.h>. */
