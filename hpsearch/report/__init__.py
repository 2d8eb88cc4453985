"""A study as people look at it: one self-contained HTML page, and the same pictures as PNG.

    page.py         the page, from page.html; sections.py: what its sections say
    subject.py      what the page and the pictures are about
    canvas.py       how all pictures look, as SVG and as PNG
    pictures.py     which pictures there are
    history.py, curves.py, importance.py, parallel.py, slices.py, costs.py, confusion.py: one kind
                    of picture each
    card.py         the study in a notebook

Only this room imports matplotlib (0.5 s) and jinja2. Other rooms import from its modules, inside
the function that needs them, so that no command loads them unasked.
"""
