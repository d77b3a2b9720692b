-- Erase entries and entries without a payload: few, read at every start.
CREATE INDEX entry_gone ON entry (arrival) WHERE payload IS NULL OR kind = 3;
