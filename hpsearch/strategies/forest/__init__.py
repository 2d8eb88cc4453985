"""A sampler that learns from every report of every trial: trees over hyperparameters and steps.

sampler.py   proposes by expected improvement at the last step that any trial has reached
rows.py      what the trees are fitted to: a row for each trial and step
encoding.py  configurations as numbers between 0 and 1, and candidates
trees.py     the fitted trees: mean and deviation of a prediction
"""
