"""`python -m eesclient` is the same as `ees`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
