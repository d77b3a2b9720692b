-- Entries that a revocation made void: no ledger and no projection counts them, nobody deletes them.
CREATE TABLE void_entry (
    author INTEGER NOT NULL REFERENCES author (number),
    seq INTEGER NOT NULL CHECK (seq > 0),
    header BLOB NOT NULL CHECK (length(header) = 128),
    payload BLOB,
    PRIMARY KEY (author, seq)
) STRICT, WITHOUT ROWID;
