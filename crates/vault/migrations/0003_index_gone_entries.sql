-- Erase entries (kind 3, the header's second byte) and entries without a payload: few, read at every start.
CREATE INDEX entry_gone ON entry (author, seq) WHERE payload IS NULL OR substr(header, 2, 1) = x'03';
