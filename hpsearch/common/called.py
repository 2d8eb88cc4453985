"""Whether hpsearch called the function that runs now, in this context: it is no script then."""

from contextvars import ContextVar

IS_CALLED: ContextVar[bool] = ContextVar("hpsearch_is_called", default=False)
