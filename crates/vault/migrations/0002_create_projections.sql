-- What this desk computed from the ledgers or keeps for itself, sealed row by row.
CREATE TABLE lead (
    row INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE draft (
    row INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE view (
    row INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE setting (
    row INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE epoch_key (
    row INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE state (
    row INTEGER PRIMARY KEY CHECK (row = 1),
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
