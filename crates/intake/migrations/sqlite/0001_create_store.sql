-- The server itself: its author's root secret, the key that signs form tokens,
-- and the one-time setup code while no clinic has claimed it.
CREATE TABLE server (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    root           BLOB    NOT NULL CHECK (length(root) = 32),
    token_key      BLOB    NOT NULL CHECK (length(token_key) = 32),
    setup_code     TEXT,
    setup_attempts INTEGER NOT NULL DEFAULT 0,
    probed_ms      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The clinic that claimed this server, and what it published.
CREATE TABLE clinic (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    genesis        BLOB    NOT NULL CHECK (length(genesis) = 32),
    name           TEXT    NOT NULL,
    statement      BLOB    NOT NULL,
    notice_version TEXT    NOT NULL,
    notice_text    TEXT    NOT NULL
) STRICT;

-- Every author's ledger in order of arrival. `signature` is the author's
-- signature over the head at this entry, where one was made; an erased entry
-- has no payload. AUTOINCREMENT: an arrival number is never given twice.
CREATE TABLE entry (
    arrival   INTEGER PRIMARY KEY AUTOINCREMENT,
    author    BLOB    NOT NULL CHECK (length(author) = 16),
    seq       INTEGER NOT NULL CHECK (seq > 0),
    kind      INTEGER NOT NULL,
    header    BLOB    NOT NULL CHECK (length(header) = 128),
    signature BLOB    CHECK (signature IS NULL OR length(signature) = 64),
    payload   BLOB
) STRICT;

CREATE UNIQUE INDEX entry_by_author ON entry (author, seq);
CREATE INDEX entry_signed ON entry (author, seq) WHERE signature IS NOT NULL;
-- Members are few and are read whole at every start.
CREATE INDEX entry_member ON entry (arrival) WHERE kind = 4;

-- What makes posting idempotent. `digest` is that of the sealed bytes; a post
-- sealed here has none, since a digest of its plain text could be guessed back.
CREATE TABLE submission (
    id     BLOB    PRIMARY KEY CHECK (length(id) = 16),
    digest BLOB    CHECK (digest IS NULL OR length(digest) = 32),
    at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Nonces of signed requests, until their window has passed.
CREATE TABLE nonce (
    author     BLOB    NOT NULL,
    nonce      BLOB    NOT NULL,
    expires_ms INTEGER NOT NULL,
    PRIMARY KEY (author, nonce)
) STRICT, WITHOUT ROWID;

CREATE INDEX nonce_expiry ON nonce (expires_ms);

CREATE TABLE blob (
    hash  BLOB PRIMARY KEY CHECK (length(hash) = 32),
    bytes BLOB NOT NULL
) STRICT;
