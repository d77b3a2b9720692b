-- The ledgers as they travel: headers and sealed payloads, one row per entry.
PRAGMA application_id = 1280590158;

CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    clinic BLOB NOT NULL CHECK (length(clinic) = 16),
    author BLOB NOT NULL CHECK (length(author) = 16)
) STRICT;

CREATE TABLE author (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16)
) STRICT;

CREATE TABLE entry (
    author INTEGER NOT NULL REFERENCES author (number),
    seq INTEGER NOT NULL CHECK (seq > 0),
    header BLOB NOT NULL CHECK (length(header) = 128),
    payload BLOB,
    PRIMARY KEY (author, seq)
) STRICT, WITHOUT ROWID;

-- Where each ledger stands, with the newest signature that vouches for it.
CREATE TABLE head (
    author INTEGER PRIMARY KEY REFERENCES author (number),
    seq INTEGER NOT NULL CHECK (seq > 0),
    head BLOB
) STRICT;

-- Which entries enrol and grant, in the order they were accepted here.
CREATE TABLE membership (
    number INTEGER PRIMARY KEY,
    author INTEGER NOT NULL REFERENCES author (number),
    seq INTEGER NOT NULL
) STRICT;

-- Segments whose author nobody has vouched for yet.
CREATE TABLE quarantine (
    number INTEGER PRIMARY KEY,
    author BLOB NOT NULL CHECK (length(author) = 16),
    segment BLOB NOT NULL
) STRICT;
