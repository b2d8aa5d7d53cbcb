//! API Gateway's two fronts: HTTP at `/`, sockets at `/socket`.

mod event;
mod http;
mod reply;
mod route;
mod socket;
mod sockets;

pub(crate) use http::{Gateway, router};
pub(crate) use sockets::Sockets;
