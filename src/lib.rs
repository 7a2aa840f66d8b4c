//! c360: one GraphQL endpoint over the departmental systems a company already has.

pub mod cache;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod demo;
pub mod fetch;
pub mod gateway;
pub mod http;
pub mod listing;
pub mod mapping;
pub mod operation;
pub mod plan;
pub mod record;
pub mod response;
pub mod sdl;
pub mod sources;
pub mod startup;
pub mod units;
