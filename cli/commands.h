#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H
/* Every command of `hawser`: takes the words after its name, returns the exit status
 * (0 done, 1 failed, 2 usage or configuration, 3 refused or degraded). */
int command_up(int argc, char **argv);
int command_prover(int argc, char **argv);
int command_deploy(int argc, char **argv);
int command_wallet(int argc, char **argv);
int command_status(int argc, char **argv);
int command_traffic(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_oracle(int argc, char **argv);
int command_db(int argc, char **argv);
int command_keygen(int argc, char **argv);
#endif
