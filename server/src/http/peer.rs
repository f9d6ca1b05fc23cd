//! The other end of a connection, and through it where a request comes from.

use super::{Doors, listener::Entrance};
use crate::sign_in::address;
use axum::{
    extract::{ConnectInfo, FromRequestParts, connect_info::Connected},
    http::{Extensions, HeaderMap, request::Parts},
    serve::IncomingStream,
};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, Entrance>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Entrance>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub IpAddr);

impl Client {
    pub fn of(doors: &Doors, parts: &Extensions, headers: &HeaderMap) -> Self {
        let peer = parts.get::<ConnectInfo<Peer>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.0.ip());
        let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
        let forwarded = lines.collect::<Vec<_>>().join(",");
        Self(address::client(peer, &forwarded, &doors.sign_in.proxies))
    }
}

impl FromRequestParts<Doors> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Infallible> {
        Ok(Self::of(doors, &parts.extensions, &parts.headers))
    }
}
