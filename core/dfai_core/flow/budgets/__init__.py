"""The kinds of budgets, by who keeps them: one process, the processes of a host, a coordinator, a Redis."""
