//! Plans over small contracts.
