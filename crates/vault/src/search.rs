//! Finding leads by any part of what they say, newest first, without an index on disk.
