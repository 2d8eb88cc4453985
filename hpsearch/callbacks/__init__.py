"""One file per framework: it reports to the search, saves checkpoints and resumes from them.

Each file needs its framework, and only when that file is imported. Their names are the same,
and a file has those that its framework needs; CatBoost and scikit-learn have a function, `fit` and
`cross_validate`, instead of a callback:

| name | what it is |
| --- | --- |
| `Report(trial)` | the framework's own callback: reports, saves when the search asks, stops |
| `report.checkpoint` | what the framework resumes from; `None` in a trial's first attempt |
| `report.done` | how many steps earlier attempts did: rounds, epochs, time steps |
| `report.left(total)` | how many steps of the total are still to do |
| `settings(trial)` | seed, device, threads and folders of the trial, in the framework's words |

A step is what is done: after the first round or epoch it is 1, and the last one is the total.
"""
