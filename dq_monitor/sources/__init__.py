"""The kinds of file that a pipeline reads: one file each, found by name.

Sources are lazy, so damage may show only when the frame is evaluated: wrap the evaluation in
`reading`, which turns what the reader raises then into one clear error.
"""

from dq_monitor.sources._digest import files_digest
from dq_monitor.sources._endings import kind_of
from dq_monitor.sources._reference import reference_to
from dq_monitor.sources._unreadable import reading, unreadable

__all__ = ["files_digest", "kind_of", "reading", "reference_to", "unreadable"]
