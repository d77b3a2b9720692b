-- Witness entries (kind 6, the header's second byte): of each author the newest one is looked at.
CREATE INDEX entry_witness ON entry (author, seq) WHERE substr(header, 2, 1) = x'06';
