-- Signed heads on the way through a ledger, about every 1 MiB: a relay can stop at them, though only the author can
-- sign for a part of its ledger.
CREATE TABLE waypoint (
    author INTEGER NOT NULL REFERENCES author (number),
    seq INTEGER NOT NULL CHECK (seq > 0),
    head BLOB NOT NULL CHECK (length(head) = 126),
    PRIMARY KEY (author, seq)
) STRICT, WITHOUT ROWID;

-- Number of the entry that the head vouches for, 0 if not known; and bytes since the last waypoint.
ALTER TABLE head ADD COLUMN signed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE head ADD COLUMN since INTEGER NOT NULL DEFAULT 0;

-- What other PCs of the clinic have, by their own word; sealed.
CREATE TABLE peer (
    row INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
