-- The server itself: its author's root secret, the key that signs form tokens, the one-time setup code while no clinic
-- has claimed it. Its one row is also the lock and the clock of all processes: whoever writes locks it first and counts
-- `version` up; `reshaped` is the last version that did more than append; `arrivals` is the last arrival's number.
CREATE TABLE server (
    id         SMALLINT PRIMARY KEY CHECK (id = 1),
    root       BYTEA    NOT NULL CHECK (octet_length(root) = 32),
    token_key  BYTEA    NOT NULL CHECK (octet_length(token_key) = 32),
    setup_code TEXT,
    probed_ms  BIGINT   NOT NULL DEFAULT 0,
    behind     BOOLEAN  NOT NULL DEFAULT FALSE,
    version    BIGINT   NOT NULL DEFAULT 0,
    reshaped   BIGINT   NOT NULL DEFAULT 0,
    arrivals   BIGINT   NOT NULL DEFAULT 0
) WITH (fillfactor = 20);

-- The clinic that claimed this server, and what it published.
CREATE TABLE clinic (
    id             SMALLINT PRIMARY KEY CHECK (id = 1),
    genesis        BYTEA    NOT NULL CHECK (octet_length(genesis) = 32),
    name           TEXT     NOT NULL,
    statement      BYTEA    NOT NULL,
    notice_version TEXT     NOT NULL,
    notice_text    TEXT     NOT NULL
);

-- Every author's ledger in order of arrival: numbers are given under the lock of the server's row, so that a later one is
-- never seen first. `signature` is the author's over the head at this entry, where one was made; an erased entry has no
-- payload; a void one lies beyond its author's revocation.
CREATE TABLE entry (
    arrival   BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author    BYTEA    NOT NULL CHECK (octet_length(author) = 16),
    seq       BIGINT   NOT NULL CHECK (seq > 0),
    kind      SMALLINT NOT NULL,
    header    BYTEA    NOT NULL CHECK (octet_length(header) = 128),
    signature BYTEA    CHECK (octet_length(signature) = 64),
    payload   BYTEA,
    void      BOOLEAN  NOT NULL DEFAULT FALSE
);
-- Sealed bytes do not shrink.
ALTER TABLE entry ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE entry ALTER COLUMN header SET STORAGE PLAIN;

CREATE UNIQUE INDEX entry_by_author ON entry (author, seq);
-- Members are few and are read whole at every start.
CREATE INDEX entry_member ON entry (arrival) WHERE kind = 4;
-- Erase entries and entries without a payload: few, read at every start.
CREATE INDEX entry_gone ON entry (arrival) WHERE payload IS NULL OR kind = 3;
CREATE INDEX entry_void ON entry (author, seq) WHERE void;
-- An erasure finds its record's payloads by the header's own bytes.
CREATE INDEX entry_record ON entry (substring(header FROM 35 FOR 16)) WHERE payload IS NOT NULL;

-- What makes posting idempotent. `digest` is that of the sealed bytes; a post sealed here has none, since a digest of
-- its plain text could be guessed back.
CREATE TABLE submission (
    id     BYTEA  PRIMARY KEY CHECK (octet_length(id) = 16),
    digest BYTEA  CHECK (octet_length(digest) = 32),
    at_ms  BIGINT NOT NULL
);

-- Nonces of signed requests, until their window has passed.
CREATE TABLE nonce (
    author     BYTEA  NOT NULL,
    nonce      BYTEA  NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (author, nonce)
);
CREATE INDEX nonce_expiry ON nonce (expires_ms);

CREATE TABLE blob (
    hash  BYTEA PRIMARY KEY CHECK (octet_length(hash) = 32),
    bytes BYTEA NOT NULL
);
ALTER TABLE blob ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Waiting rooms of PCs that join: few, short-lived, and worth nothing afterwards.
CREATE TABLE room (
    id         BYTEA  PRIMARY KEY CHECK (octet_length(id) = 16),
    offer      BYTEA  NOT NULL,
    request    BYTEA,
    answer     BYTEA,
    expires_ms BIGINT NOT NULL,
    CHECK (answer IS NULL OR request IS NOT NULL)
);
