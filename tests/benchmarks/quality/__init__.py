"""Quality of the search in simulated time: how good the best trial is after a part of the budget.

    simulation.py    the real search loop and study, on a pool whose clock is virtual
    task.py          what is searched: a space, and a learning curve for each configuration
    known.py         the tasks by name, with their scales
    analytic.py      tasks that are formulas
    tables.py        tasks from measured learning curves; make_tables.py, make_cnn_table.py measure
    grids.py         tasks without curves: exact grids of final losses
    sides.py         the strategies that are compared
    several.py       the same with two objectives: how much of the Pareto front is missing
    peers.py         other tools on the same tasks, on the simulated workers of clock.py
    cases.py         what the command line asks for, simulated and kept in a file
    report.py        regrets, ranks, paired differences
    loop.py          what the loop itself costs a trial, with few trials and with many

`python -m tests.benchmarks.quality --help` says how it is run.
"""
