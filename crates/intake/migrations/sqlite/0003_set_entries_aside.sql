-- Entries beyond a revocation: they count for nothing and their payloads are given to nobody, but the chain below
-- them may need their headers up to the next signed head, and a revocation that falls itself frees them again.
ALTER TABLE entry ADD COLUMN void INTEGER NOT NULL DEFAULT 0 CHECK (void IN (0, 1));
CREATE INDEX entry_void ON entry (author, seq) WHERE void = 1;

-- An erasure finds its record's payloads by the header's own bytes.
CREATE INDEX entry_record ON entry (substr(header, 35, 16)) WHERE payload IS NOT NULL;

-- A desk showed more of this server's own ledger than is here: the store is an old copy.
ALTER TABLE server ADD COLUMN behind INTEGER NOT NULL DEFAULT 0 CHECK (behind IN (0, 1));

-- Tries are limited per address; wrong ones change nothing.
ALTER TABLE server DROP COLUMN setup_attempts;
