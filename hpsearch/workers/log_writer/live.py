"""The lines of all logs as they come, for whoever watches."""

import os


class Live:
    """A descriptor to which lines go; if nobody reads it any more, they go to stderr."""

    def __init__(self, file: int | None) -> None:
        self._file = file

    def write(self, text: str) -> None:
        data = text.encode()
        while data and self._file is not None:
            try:
                data = data[os.write(self._file, data) :]
            except OSError:
                self._file = 2 if self._file != 2 else None
