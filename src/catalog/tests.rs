//! Tables over hand-made catalogs.
