"""A study as people look at it: one self-contained HTML page, and the same pictures as PNG.

    page.py         the page, from page.html
    subject.py      what the page and the pictures are about
    canvas.py       how all pictures look, as SVG and as PNG
    pictures.py     which pictures there are
    history.py, curves.py, parameters.py, costs.py, confusion.py    one kind of picture each

Alone imports matplotlib and jinja2.
"""
