//! The website's endpoint: takes sealed questions in, hands sealed entries to desks.
