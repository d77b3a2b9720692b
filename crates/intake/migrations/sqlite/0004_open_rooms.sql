-- Waiting rooms of PCs that join: few, short-lived, and worth nothing afterwards.
CREATE TABLE room (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
    offer      BLOB    NOT NULL,
    request    BLOB,
    answer     BLOB,
    expires_ms INTEGER NOT NULL,
    CHECK (answer IS NULL OR request IS NOT NULL)
) STRICT, WITHOUT ROWID;
