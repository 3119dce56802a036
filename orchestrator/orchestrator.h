#ifndef ORCHESTRATOR_ORCHESTRATOR_H
#define ORCHESTRATOR_ORCHESTRATOR_H
/* `hawser up`: the whole orchestrator in one process and one loop, until SIGINT or SIGTERM.
 * Returns the exit status. Errors are told on stderr. */
int orchestrator_run(const char *config_path);
#endif
