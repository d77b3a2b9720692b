-- The people of the clinic, computed from the ledgers, sealed row by row.
CREATE TABLE staff (
    row INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
