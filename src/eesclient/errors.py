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

All of them can be pickled, with their attributes. Each has a code, which stays the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .texts import Coded
from .texts import printable as printable, warn as warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .models.answers import ErrorDetail


class EESError(Coded, Exception, code="EES-E01"):
    """Anything that eesclient raises by itself."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        # shown below a traceback: the message stays as it is, for logs and for those who compare it
        if self._mark:
            self.add_note(f"{self.code}: `ees doctor {self.code}` says more")

    def __str__(self) -> str:
        # titles and messages of servers are texts of strangers
        return printable(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        # keyword-only constructors cannot be called again, and those of OSErrors forget the arguments
        return type(self).__new__, (type(self), *self.args), {**self.__dict__, "args": self.args}


class ClientClosedError(EESError, RuntimeError, code="EES-E02"):
    """A client was used after `close()` or after its `with` block."""


class SettingsError(EESError, ValueError, code="EES-E03"):
    """A setting of a client that makes no sense."""


class InvalidVersionError(EESError, ValueError, code="EES-E04"):
    """A text that is neither a version nor a version range."""


class DataFileError(EESError, ValueError, code="EES-E05"):
    """A data or metadata file that the service would not import, or that cannot be read without guessing.

    Attributes:
        file: Name of the file.
        line: Line in the file, counted from 1 (the header), or None when it concerns the whole file.
        column: Name of the column, or None.
    """

    def __init__(self, message: str, *, file: str, line: int | None = None, column: str | None = None) -> None:
        places = {"line": line, "column": column}
        where = [file, *(f"{name} {place}" for name, place in places.items() if place is not None)]
        super().__init__(f"{', '.join(where)}: {message}")
        self.file = file
        self.line = line
        self.column = column


class ReceiptError(EESError, ValueError, code="EES-E06"):
    """Rows that have no digest, a citation in a style that there is not, or a Parquet file that is not as we wrote it.

    Attributes:
        file: The file, or "" where it is about none.
    """

    def __init__(self, message: str, *, file: str = "") -> None:
        super().__init__(f"{file}: {message}" if file else message)
        self.file = file


class StoreError(EESError, OSError, code="EES-E07"):
    """A store of answers that is damaged, or a folder that is not one.

    Attributes:
        path: The file that is concerned.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class LakeError(EESError, ValueError, code="EES-E39"):
    """A Delta table that is none of ours, lacks a version, or cannot take one.

    Attributes:
        path: Folder of the table, or "" where it is about none.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class LockError(EESError, ValueError, code="EES-E08"):
    """A lock file that cannot be read, or that says something else than what is asked for or came.

    Attributes:
        path: The lock file.
        problems: What is wrong with the file, each with its place in it.
    """

    def __init__(self, message: str, *, path: str = "", problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.path = path
        self.problems: tuple[str, ...] = tuple(problems)


class QueryError(EESError, ValueError, code="EES-E09"):
    """A question that cannot be asked, or would not mean on the service what it says."""


class UnknownLabelError(QueryError, LookupError, code="EES-E10"):
    """Names that the data set does not have; every one of the call, each with suggestions.

    Attributes:
        unknown: The names as they were given, in the order of the call.
    """

    def __init__(self, message: str, *, unknown: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.unknown: tuple[str, ...] = tuple(unknown)


class AmbiguousLabelError(QueryError, LookupError, code="EES-E11"):
    """A name that fits more than one thing.

    Attributes:
        candidates: What it fits, in words.
    """

    def __init__(self, message: str, *, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.candidates: tuple[str, ...] = tuple(candidates)


class TotalError(QueryError, LookupError, code="EES-E12"):
    """`others="Total"` finds no total in a filter, or several.

    Attributes:
        choices: The filter's option labels.
    """

    def __init__(self, message: str, *, choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.choices: tuple[str, ...] = tuple(choices)


class ArgumentTypeError(QueryError, TypeError, code="EES-E13"):
    """Something of another type stands where an argument takes names, a number or a mapping."""


class ComparatorError(QueryError, TypeError, code="EES-E14"):
    """A comparator that the facet does not have, or Python syntax that cannot be overloaded."""


class QueryTooLargeError(QueryError, code="EES-E15"):
    """A question past the service's limits on the size or depth of a request."""


class UndecidedRowsError(QueryError, LookupError, code="EES-E16"):
    """`limit=` cuts between rows that are equal in all that is sorted by: only the service can say which come first."""


class MigrationError(QueryError, LookupError, code="EES-E17"):
    """A question that cannot be asked of another version without a guess.

    Attributes:
        reasons: Every reason, in words.
    """

    def __init__(self, message: str, *, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reasons: tuple[str, ...] = tuple(reasons)


class WithdrawnError(EESError, PermissionError, code="EES-E18"):
    """The data set version was withdrawn: its metadata can be read, its rows cannot be queried."""


class RequestError(EESError, code="EES-E19"):
    """A request to which no usable answer came.

    Attributes:
        method: HTTP method, or "" when unknown.
        url: Address asked, without secrets, or "".
    """

    def __init__(self, message: str, *, method: str = "", url: str = "") -> None:
        super().__init__(message)
        self.method = method
        self.url = url


class RequestTimeoutError(RequestError, TimeoutError, code="EES-E20"):
    """No answer came in time."""


class RequestConnectionError(RequestError, ConnectionError, code="EES-E21"):
    """No connection could be made, or it broke."""


class CertificateError(RequestConnectionError, code="EES-E22"):
    """The certificate of the server, or of what stands between, is not trusted; the same request fails again."""


class ProxyError(RequestConnectionError, code="EES-E23"):
    """A proxy did not let a request through, or answered in the service's place.

    Attributes:
        proxy: Its address, without name and password; "" where none is set and one answered all the same.
        status: HTTP status of its answer, such as 407.
    """

    def __init__(self, message: str, *, proxy: str = "", status: int = 0, method: str = "", url: str = "") -> None:
        super().__init__(message, method=method, url=url)
        self.proxy = proxy
        self.status = status


class OfflineError(RequestError, ConnectionError, code="EES-E24"):
    """The client is offline, and the store does not have what is asked for; the message says how to have it."""


class InvalidResponseError(RequestError, ValueError, code="EES-E25"):
    """The body of a successful answer is not what the API promises."""


class CatalogueError(RequestError, RuntimeError, code="EES-E26"):
    """An unofficial address of the data catalogue gave no usable answer; the API itself is not concerned."""


class StatusError(RequestError, code="EES-E27"):
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


class BadRequestError(StatusError, ValueError, code="EES-E28"):
    """400: the service refuses the request; `errors` says why."""


class ForbiddenError(StatusError, PermissionError, code="EES-E29"):
    """403: the version may not be read so, or a gateway blocked the request."""


class NotFoundError(StatusError, LookupError, code="EES-E30"):
    """404: there is nothing at this address."""


class PublicationNotFoundError(NotFoundError, code="EES-E31"):
    """404: no such publication, or it has no API data set."""


class DataSetNotFoundError(NotFoundError, code="EES-E32"):
    """404: no such data set."""


class VersionNotFoundError(NotFoundError, code="EES-E33"):
    """404: the data set has no such version, or the range matches none."""


class RequestTooLargeError(StatusError, ValueError, code="EES-E34"):
    """413 or 414: the body or the address is too long."""


class TooManyRequestsError(StatusError, code="EES-E35"):
    """429: too many requests; wait before the next."""


class ServerError(StatusError, code="EES-E36"):
    """5xx: the service failed."""


class ServerTimeoutError(ServerError, TimeoutError, code="EES-E37"):
    """504: the service gave up on the request (after 30 seconds)."""


class EESWarning(Coded, UserWarning, code="EES-W01"):
    """Anything that eesclient warns of; the text ends with its code."""


class AmbiguousRowsWarning(EESWarning, code="EES-W02"):
    """Rows are equal in every key column that the API gives."""


class CorrectedVersionWarning(EESWarning, code="EES-W03"):
    """The exact version that was opened has a later patch."""


class DecimalPlacesWarning(EESWarning, code="EES-W04"):
    """A fraction stands in a column whose metadata says whole numbers."""


class DeprecatedDataSetWarning(EESWarning, code="EES-W05"):
    """The data set is deprecated."""


class IncompleteListWarning(EESWarning, code="EES-W06"):
    """A list came without some of the entries that the service counts."""


class LakeWarning(EESWarning, code="EES-W17"):
    """A Delta table has names that other programs do not take, or columns that a version has not."""


class MigrationWarning(EESWarning, code="EES-W07"):
    """A question was rewritten for another version with more than new names; or not all versions could be asked."""


class NoRowsWarning(EESWarning, code="EES-W08"):
    """A valid question matched no rows, or none of a place or level that it names."""


class PaddedNumbersWarning(EESWarning, code="EES-W09"):
    """Cells hold numbers with white space around them, a plus sign or a bare point, which were not read as numbers."""


class ServiceWarning(EESWarning, code="EES-W10"):
    """A warning that the service sent with its answer."""


class StaleEntryWarning(EESWarning, code="EES-W11"):
    """A data set of the catalogue that was opened is not of the latest release, or is superseded."""


class SuppressedCellsWarning(EESWarning, code="EES-W12"):
    """Cells without a number counted as 0 in a sum, as was asked."""


class TotalByNameWarning(EESWarning, code="EES-W13"):
    """`others="Total"` took an option that is not called "Total"."""


class WithdrawnVersionWarning(EESWarning, code="EES-W14"):
    """A withdrawn version was opened."""


class StoreWarning(EESWarning, code="EES-W15"):
    """The store cannot be read or written, and is passed by."""
