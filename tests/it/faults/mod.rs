//! Departments that fail while the gateway is asked by many: what is lost, what is not, and what is told.

pub mod ageing;
pub mod gate;
mod matrix;
pub mod street;
