#ifndef AUDIT_SERVE_H
#define AUDIT_SERVE_H
/* `hawser-audit gate`: the gate as a process. Answers signed questions over nng until SIGINT or
 * SIGTERM. Returns the exit status: 0, 1 failed, 2 configuration. */
#include "audit/options.h"

int serve_gate(const struct audit_options *options, const struct deployment *d);
#endif
