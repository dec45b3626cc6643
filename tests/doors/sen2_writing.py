"""What tests of drawing and writing use of the room `sen2` that is not public."""

from eesclient.sen2.blade import files as blade_files
from eesclient.sen2.blade.layout import columns as blade_columns
from eesclient.sen2.returns import SYNTHETIC
from eesclient.sen2.specification import Element
