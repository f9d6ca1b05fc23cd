//! One port for TLS and plain HTTP: the first byte of a connection tells them apart.

use axum::serve::Listener;
use rustls::ServerConfig;
use std::{collections::VecDeque, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::either::Either;

/// How long a client may take from connecting to the end of its handshake.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections that may be on their way in at once; a newcomer beyond these takes the place of the one that has taken longest.
const MOST_PENDING: usize = 1024;

/// The first byte of a TLS handshake; no HTTP request begins with it.
const HANDSHAKE: u8 = 0x16;

/// Bytes of a plain request that are read before it is refused.
const MOST_READ: usize = 16 * 1024;

const REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: 38\r\n\r\n\
    This port speaks TLS: use https://...\n";

/// Who is answered over plain HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    Everyone,
    /// Programs on this machine: health checks, and a proxy that ends TLS itself.
    ThisMachine,
}

/// A connection that is ready for HTTP.
pub type Connection = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Hands on connections once it is known what they speak. Each finds its way in on a task of its own, so a slow client delays nobody.
pub struct Entrance {
    tcp: TcpListener,
    way_in: WayIn,
    pending: JoinSet<Option<(Connection, SocketAddr)>>,
    most_pending: usize,
    /// The tasks of `pending`, oldest first; some may have come to their end.
    order: VecDeque<AbortHandle>,
}

impl Entrance {
    /// Without TLS a handshake is met as what it is then: bytes that are not HTTP.
    pub fn new(tcp: TcpListener, tls: Option<Arc<ServerConfig>>, plain: Plain) -> Self {
        let way_in = WayIn { tls: tls.map(TlsAcceptor::from), plain };
        Self { tcp, way_in, pending: JoinSet::new(), most_pending: MOST_PENDING, order: VecDeque::new() }
    }

    fn admit(&mut self, stream: TcpStream, from: SocketAddr) {
        if self.order.len() >= self.most_pending {
            self.order.retain(|task| !task.is_finished());
        }
        if self.order.len() >= self.most_pending
            && let Some(slowest) = self.order.pop_front()
        {
            slowest.abort();
        }
        let way_in = self.way_in.clone();
        self.order.push_back(self.pending.spawn(async move {
            let arrived = tokio::time::timeout(PATIENCE, way_in.bring(stream, from)).await;
            match arrived {
                Ok(Ok(connection)) => connection.map(|connection| (connection, from)),
                Ok(Err(error)) => {
                    tracing::debug!(%from, %error, "a client did not get in");
                    None
                }
                Err(_) => None,
            }
        }));
    }
}

impl Listener for Entrance {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            tokio::select! {
                Some(arrived) = self.pending.join_next() => {
                    if let Ok(Some(connection)) = arrived {
                        return connection;
                    }
                }
                accepted = self.tcp.accept() => match accepted {
                    Ok((stream, from)) => self.admit(stream, from),
                    Err(error) => recover(&error).await,
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

#[derive(Clone)]
struct WayIn {
    tls: Option<TlsAcceptor>,
    plain: Plain,
}

impl WayIn {
    /// The connection, or none when it has had its answer already.
    async fn bring(&self, mut stream: TcpStream, from: SocketAddr) -> io::Result<Option<Connection>> {
        // answers are written whole: waiting for more would only delay them
        stream.set_nodelay(true)?;
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Ok(None);
        }
        match &self.tls {
            Some(tls) if first[0] == HANDSHAKE => Ok(Some(Either::Right(Box::new(tls.accept(stream).await?)))),
            Some(_) if self.plain == Plain::ThisMachine && !from.ip().to_canonical().is_loopback() => {
                refuse(&mut stream).await?;
                Ok(None)
            }
            _ => Ok(Some(Either::Left(stream))),
        }
    }
}

/// Reads the request's head first: closing over unread bytes would take the answer away from the client.
async fn refuse(stream: &mut TcpStream) -> io::Result<()> {
    let mut read = Vec::new();
    while !read.windows(4).any(|end| end == b"\r\n\r\n") && read.len() < MOST_READ {
        if stream.read_buf(&mut read).await? == 0 {
            break;
        }
    }
    stream.write_all(REFUSAL).await?;
    stream.shutdown().await
}

/// A client that left early is no trouble; a server out of file descriptors waits for some to come back.
async fn recover(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "connections cannot be accepted now");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for any machine, and far below [`PATIENCE`].
    const SOON: Duration = Duration::from_secs(5);

    async fn entrance(most_pending: usize) -> (Entrance, SocketAddr) {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = tcp.local_addr().unwrap();
        let entrance = Entrance::new(tcp, None, Plain::Everyone);
        (Entrance { most_pending, ..entrance }, address)
    }

    /// Who comes in next.
    async fn next(entrance: &mut Entrance) -> SocketAddr {
        tokio::time::timeout(SOON, entrance.accept()).await.expect("somebody comes in").1
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_delays_nobody() {
        let (mut entrance, address) = entrance(MOST_PENDING).await;
        let _silent = TcpStream::connect(address).await.unwrap();
        let mut talking = TcpStream::connect(address).await.unwrap();
        talking.write_all(b"GET").await.unwrap();
        assert_eq!(next(&mut entrance).await, talking.local_addr().unwrap());
    }

    #[tokio::test]
    async fn a_full_entrance_turns_away_who_has_taken_longest() {
        let (mut entrance, address) = entrance(2).await;
        let mut silent = Vec::new();
        for _ in 0..3 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let mut talking = TcpStream::connect(address).await.unwrap();
        talking.write_all(b"GET").await.unwrap();
        assert_eq!(next(&mut entrance).await, talking.local_addr().unwrap());
        let turned_away =
            tokio::time::timeout(SOON, silent[0].read(&mut [0])).await.expect("the oldest is turned away");
        assert!(matches!(turned_away, Ok(0) | Err(_)));
    }

    #[tokio::test]
    async fn with_tls_only_this_machine_is_answered_over_plain_http() {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let no_certificate =
            ServerConfig::builder_with_provider(crate::tls::provider()).with_safe_default_protocol_versions().unwrap();
        let no_certificate = no_certificate
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::server::ResolvesServerCertUsingSni::new()));
        let way_in = WayIn { tls: Some(TlsAcceptor::from(Arc::new(no_certificate))), plain: Plain::ThisMachine };
        for (from, answered) in [
            ("192.0.2.1:5000", false),
            ("[2001:db8::1]:5000", false),
            ("127.0.0.1:5000", true),
            ("[::ffff:127.0.0.1]:5000", true),
        ] {
            let mut client = TcpStream::connect(tcp.local_addr().unwrap()).await.unwrap();
            let (stream, _) = tcp.accept().await.unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nhost: midspan\r\n\r\n").await.unwrap();
            let connection = way_in.bring(stream, from.parse().unwrap()).await.unwrap();
            assert_eq!(connection.is_some(), answered, "{from}");
            drop(connection);
            let mut said = String::new();
            let _ = client.read_to_string(&mut said).await;
            assert_eq!(
                said.starts_with("HTTP/1.1 400 ") && said.ends_with("This port speaks TLS: use https://...\n"),
                !answered,
                "{from}: {said:?}"
            );
        }
    }
}
