"""A command as a trainable: what it is started with, how it runs, where its metrics are read.

program.py            a command as workers get it; loading.py: as a trainable
run.py                one attempt, from its start to its end; read it first
placeholders.py       `${name}`; arguments.py: the words that it is started with
process.py            its process group; guard.py: it dies with ours
output.py             what it prints; lines.py: as whole lines
metrics/              where metrics are read, a reader in a file
channel.py            what a Python script's `hpsearch.report` talks to; peer.py: one process of it;
                      answers.py: what its requests mean for the trial
reports.py            what metrics become; checkpoint_folder.py: the folder that it fills
failure.py            how it fails
checks.py             what is wrong, found before anything starts; programs.py: a program that is
                      not there; quotes.py: placeholders in quotes
"""
