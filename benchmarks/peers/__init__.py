"""Other libraries at the same rules: one file each, run in an environment of its own.

A peer's file says what to install (`REQUIREMENTS`), what to import before the clock starts
(`LIBRARIES`), why its counts differ from ours (`DIFFERENCES`, by check), and in `count` how a user
of it would ask the rules; those that can part the rows `write` the good and the bad ones to tables
of their own. Rules come as plain data: `benchmarks.rules.plain`.
"""
