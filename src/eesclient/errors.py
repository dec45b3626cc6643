"""Every error and warning that eesclient raises.

Each error is an `EESError` and also the built-in exception that its cause is most like, so
`except LookupError` and `except ees.UnknownLabelError` both work::

    EESError
      x ClientClosedError            (RuntimeError)
      x SettingsError                (ValueError)
      x InvalidVersionError          (ValueError)
      x DataFileError                (ValueError)       a CSV pair that the service would not import
      x ReceiptError                 (ValueError)       no digest, no citation, or no Parquet file of ours
      x StoreError                   (OSError)          a store that is damaged, or is not one
      x LakeError                    (ValueError)       a Delta table that is not ours, or lacks or refuses a version
      x LockError                    (ValueError)       a lock file that cannot be read, or that says otherwise
      + QueryError                   (ValueError)       a question that cannot be asked
        x UnknownLabelError          (LookupError)
        x AmbiguousLabelError        (LookupError)
        x TotalError                 (LookupError)      others="Total" finds none, or several
        x ArgumentTypeError          (TypeError)        something else stands where names or numbers are meant
        x ComparatorError            (TypeError)        a comparator that a facet does not have
        x QueryTooLargeError
        x UndecidedRowsError         (LookupError)      limit= cuts between rows that the data file cannot order
        x MigrationError             (LookupError)      a question that another version cannot be asked
      + WithdrawnError               (PermissionError)
      + RequestError                                    no usable answer came
        x RequestTimeoutError        (TimeoutError)
        + RequestConnectionError     (ConnectionError)
          x CertificateError                            a certificate that is not trusted
          x ProxyError                                  a proxy refused, or answered in the service's place
        x OfflineError               (ConnectionError)  offline, and it was never read before
        x InvalidResponseError       (ValueError)       the body is not what the API promises
        x CatalogueError             (RuntimeError)     an unofficial address of the data catalogue did not do
        + StatusError                                   the service answered with an error
          x BadRequestError          (ValueError)       400
          x ForbiddenError           (PermissionError)  403
          + NotFoundError            (LookupError)      404
            x PublicationNotFoundError
            x DataSetNotFoundError
            x VersionNotFoundError
          x RequestTooLargeError     (ValueError)       413, 414
          x TooManyRequestsError                        429
          + ServerError                                 5xx
            x ServerTimeoutError     (TimeoutError)     504

    EESWarning (UserWarning)
      x AmbiguousRowsWarning, CorrectedVersionWarning, DecimalPlacesWarning, DeprecatedDataSetWarning,
        IncompleteListWarning, LakeWarning, MigrationWarning, NoRowsWarning, PaddedNumbersWarning, ServiceWarning,
        StaleEntryWarning, StoreWarning, SuppressedCellsWarning, TotalByNameWarning, WithdrawnVersionWarning

All of them can be pickled, with their attributes.
"""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .models.data_sets import ErrorDetail

_PACKAGE = str(PurePath(__file__).parent)

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tabs and line ends, signs that turn the direction of writing, and halves of characters."""


def printable(text: str) -> str:
    r"""A text whose control characters are written as `\u001b`, as JSON and Python read them."""
    return _OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def warn(message: str, category: type[Warning]) -> None:
    """Issue a warning whose place is the nearest caller outside this package."""
    # how many of our calls stand between the user's line and this one differs from warning to warning
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
        level += 1
    warnings.warn(printable(message), category, stacklevel=level)


class EESError(Exception):
    """Anything that eesclient raises by itself."""

    def __str__(self) -> str:
        # titles and messages of servers are texts of strangers
        return printable(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        # keyword-only constructors cannot be called again, and those of OSErrors forget the arguments
        return type(self).__new__, (type(self), *self.args), {**self.__dict__, "args": self.args}


class ClientClosedError(EESError, RuntimeError):
    """A client was used after `close()` or after its `with` block."""


class SettingsError(EESError, ValueError):
    """A setting of a client that makes no sense."""


class InvalidVersionError(EESError, ValueError):
    """A text that is neither a version nor a version range."""


class DataFileError(EESError, ValueError):
    """A data or metadata file that the service would not import, or that cannot be read without guessing.

    Attributes:
        file: Name of the file.
        line: Line in the file, counted from 1 (the header), or None when it concerns the whole file.
        column: Name of the column, or None.
    """

    def __init__(self, message: str, *, file: str, line: int | None = None, column: str | None = None) -> None:
        where = file
        if line is not None:
            where += f", line {line}"
        if column is not None:
            where += f", column {column}"
        super().__init__(f"{where}: {message}")
        self.file = file
        self.line = line
        self.column = column


class ReceiptError(EESError, ValueError):
    """Rows that have no digest, a citation in a style that there is not, or a Parquet file that is not as we wrote it.

    Attributes:
        file: The file, or "" where it is about none.
    """

    def __init__(self, message: str, *, file: str = "") -> None:
        super().__init__(f"{file}: {message}" if file else message)
        self.file = file


class StoreError(EESError, OSError):
    """A store of answers that is damaged, or a folder that is not one.

    Attributes:
        path: The file that is concerned.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class LakeError(EESError, ValueError):
    """A Delta table that is none of ours, lacks a version, or cannot take one.

    Attributes:
        path: Folder of the table, or "" where it is about none.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class LockError(EESError, ValueError):
    """A lock file that cannot be read, or that says something else than what is asked for or came.

    Attributes:
        path: The lock file.
        problems: What is wrong with the file, each with its place in it.
    """

    def __init__(self, message: str, *, path: str = "", problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.path = path
        self.problems: tuple[str, ...] = tuple(problems)


class QueryError(EESError, ValueError):
    """A question that cannot be asked, or would not mean on the service what it says."""


class UnknownLabelError(QueryError, LookupError):
    """Names that the data set does not have; every one of the call, each with suggestions.

    Attributes:
        unknown: The names as they were given, in the order of the call.
    """

    def __init__(self, message: str, *, unknown: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.unknown: tuple[str, ...] = tuple(unknown)


class AmbiguousLabelError(QueryError, LookupError):
    """A name that fits more than one thing.

    Attributes:
        candidates: What it fits, in words.
    """

    def __init__(self, message: str, *, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.candidates: tuple[str, ...] = tuple(candidates)


class TotalError(QueryError, LookupError):
    """`others="Total"` finds no total in a filter, or several.

    Attributes:
        choices: The filter's option labels.
    """

    def __init__(self, message: str, *, choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.choices: tuple[str, ...] = tuple(choices)


class ArgumentTypeError(QueryError, TypeError):
    """Something of another type stands where an argument takes names, a number or a mapping."""


class ComparatorError(QueryError, TypeError):
    """A comparator that the facet does not have, or Python syntax that cannot be overloaded."""


class QueryTooLargeError(QueryError):
    """A question past the service's limits on the size or depth of a request."""


class UndecidedRowsError(QueryError, LookupError):
    """`limit=` cuts between rows that are equal in all that is sorted by: only the service can say which come first."""


class MigrationError(QueryError, LookupError):
    """A question that cannot be asked of another version without a guess.

    Attributes:
        reasons: Every reason, in words.
    """

    def __init__(self, message: str, *, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reasons: tuple[str, ...] = tuple(reasons)


class WithdrawnError(EESError, PermissionError):
    """The data set version was withdrawn: its metadata can be read, its rows cannot be queried."""


class RequestError(EESError):
    """A request to which no usable answer came.

    Attributes:
        method: HTTP method, or "" when unknown.
        url: Address asked, without secrets, or "".
    """

    def __init__(self, message: str, *, method: str = "", url: str = "") -> None:
        super().__init__(message)
        self.method = method
        self.url = url


class RequestTimeoutError(RequestError, TimeoutError):
    """No answer came in time."""


class RequestConnectionError(RequestError, ConnectionError):
    """No connection could be made, or it broke."""


class CertificateError(RequestConnectionError):
    """The certificate of the server, or of what stands between, is not trusted; the same request fails again."""


class ProxyError(RequestConnectionError):
    """A proxy did not let a request through, or answered in the service's place.

    Attributes:
        proxy: Its address, without name and password; "" where none is set and one answered all the same.
        status: HTTP status of its answer, such as 407.
    """

    def __init__(self, message: str, *, proxy: str = "", status: int = 0, method: str = "", url: str = "") -> None:
        super().__init__(message, method=method, url=url)
        self.proxy = proxy
        self.status = status


class OfflineError(RequestError, ConnectionError):
    """The client is offline, and the store does not have what is asked for; the message says how to have it."""


class InvalidResponseError(RequestError, ValueError):
    """The body of a successful answer is not what the API promises."""


class CatalogueError(RequestError, RuntimeError):
    """An unofficial address of the data catalogue gave no usable answer; the API itself is not concerned."""


class StatusError(RequestError):
    """The service answered with an error status.

    Attributes:
        status: HTTP status code.
        title: Title of the problem document, or "".
        errors: The service's own errors: message, code, path and detail of each.
        body: Start of the body as text when it is not a problem document (HTML of a gateway, say), else "".
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        title: str = "",
        errors: Sequence[ErrorDetail] = (),
        body: str = "",
        method: str = "",
        url: str = "",
    ) -> None:
        super().__init__(message, method=method, url=url)
        self.status = status
        self.title = title
        self.errors: tuple[ErrorDetail, ...] = tuple(errors)
        self.body = body


class BadRequestError(StatusError, ValueError):
    """400: the service refuses the request; `errors` says why."""


class ForbiddenError(StatusError, PermissionError):
    """403: the version may not be read so, or a gateway blocked the request."""


class NotFoundError(StatusError, LookupError):
    """404: there is nothing at this address."""


class PublicationNotFoundError(NotFoundError):
    """404: no such publication, or it has no API data set."""


class DataSetNotFoundError(NotFoundError):
    """404: no such data set."""


class VersionNotFoundError(NotFoundError):
    """404: the data set has no such version, or the range matches none."""


class RequestTooLargeError(StatusError, ValueError):
    """413 or 414: the body or the address is too long."""


class TooManyRequestsError(StatusError):
    """429: too many requests; wait before the next."""


class ServerError(StatusError):
    """5xx: the service failed."""


class ServerTimeoutError(ServerError, TimeoutError):
    """504: the service gave up on the request (after 30 seconds)."""


class EESWarning(UserWarning):
    """Anything that eesclient warns of."""


class AmbiguousRowsWarning(EESWarning):
    """Rows are equal in every key column that the API gives."""


class CorrectedVersionWarning(EESWarning):
    """The exact version that was opened has a later patch."""


class DecimalPlacesWarning(EESWarning):
    """A fraction stands in a column whose metadata says whole numbers."""


class DeprecatedDataSetWarning(EESWarning):
    """The data set is deprecated."""


class IncompleteListWarning(EESWarning):
    """A list came without some of the entries that the service counts."""


class LakeWarning(EESWarning):
    """A Delta table has names that other programs do not take, or columns that a version has not."""


class MigrationWarning(EESWarning):
    """A question was rewritten for another version with more than new names; or not all versions could be asked."""


class NoRowsWarning(EESWarning):
    """A valid question matched no rows, or none of a place or level that it names."""


class PaddedNumbersWarning(EESWarning):
    """Cells hold numbers with white space around them, a plus sign or a bare point, which were not read as numbers."""


class ServiceWarning(EESWarning):
    """A warning that the service sent with its answer."""


class StaleEntryWarning(EESWarning):
    """A data set of the catalogue that was opened is not of the latest release, or is superseded."""


class SuppressedCellsWarning(EESWarning):
    """Cells without a number counted as 0 in a sum, as was asked."""


class TotalByNameWarning(EESWarning):
    """`others="Total"` took an option that is not called "Total"."""


class WithdrawnVersionWarning(EESWarning):
    """A withdrawn version was opened."""


class StoreWarning(EESWarning):
    """The store cannot be read or written, and is passed by."""
