"""The store: answers about exact versions on disk, the cache over it, tables of data files, pruning, bundles."""
