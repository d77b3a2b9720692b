//! What a front desk knows about a person, and what the law lets it do with that.
