"""Returns that are made up, about nobody, with faults where they are asked for."""
