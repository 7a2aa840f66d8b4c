//! Several gateways as processes over one Redis, behind a small proxy, while parts of it are killed and come back.

mod burden;
mod folder;
mod process;
mod proxy;
mod soak;
mod whole;
