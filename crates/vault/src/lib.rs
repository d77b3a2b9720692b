//! One desk's encrypted record and its life: append, view, search, sync, recover.
