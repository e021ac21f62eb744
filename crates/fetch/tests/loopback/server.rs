//! A server that is told what to answer, and tells what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use plimsoll_fetch::{Client, Proxies, Retries, Settings, Timeouts, Tls, Url};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Its first line.
    pub(crate) line: String,
    /// Its header lines, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// What is done about a request.
pub(crate) enum Reply {
    /// Sent byte for byte; then the connection is closed.
    Raw(Vec<u8>),
    /// Sent, and then nothing comes for a long time.
    Hang(Vec<u8>),
    /// Sent, and then a byte from time to time.
    Drip(Vec<u8>),
    /// The connection becomes a tunnel to this address.
    Tunnel(SocketAddr),
}

/// An answer with a status, header lines and a body.
pub(crate) fn answer(status: u16, headers: &[&str], body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut out = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        out.push_str(header);
        out.push_str("\r\n");
    }
    out.push_str("connection: close\r\n\r\n");
    Reply::Raw([out.as_bytes(), body].concat())
}

type Handler = dyn Fn(&Asked, usize) -> Reply + Send + Sync;

/// A running server. It ends with the test's process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers requests; the handler gets each one and how many came before it.
    pub(crate) fn new(handler: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(handler), None)
    }

    pub(crate) fn with_tls(
        config: ServerConfig,
        handler: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(Arc::new(handler), Some(Arc::new(config)))
    }

    fn start(handler: Arc<Handler>, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let log = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (handler, log, tls) = (handler.clone(), log.clone(), tls.clone());
                thread::spawn(move || match tls {
                    None => serve(
                        stream.try_clone().expect("cloned"),
                        Some(stream),
                        &handler,
                        &log,
                    ),
                    Some(tls) => {
                        let connection = ServerConnection::new(tls).expect("configured");
                        serve(StreamOwned::new(connection, stream), None, &handler, &log);
                    }
                });
            }
        });
        Self {
            address,
            scheme,
            asked,
        }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}://{}{path}", self.scheme, self.address)).expect("a URL")
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }
}

fn serve(
    mut stream: impl Read + Write,
    plain: Option<TcpStream>,
    handler: &Arc<Handler>,
    log: &Mutex<Vec<Asked>>,
) {
    let Some(asked) = read(&mut stream) else {
        return;
    };
    let before = {
        let mut log = log.lock().expect("not poisoned");
        log.push(asked.clone());
        log.len() - 1
    };
    match handler(&asked, before) {
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
        }
        Reply::Hang(bytes) => {
            let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
            thread::sleep(Duration::from_mins(1));
        }
        Reply::Drip(bytes) => {
            let _ = stream.write_all(&bytes);
            while stream.write_all(b"x").and_then(|()| stream.flush()).is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        }
        Reply::Tunnel(address) => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let (Some(near), Ok(far)) = (plain, TcpStream::connect(address)) else {
                return;
            };
            let (mut a, mut b) = (
                near.try_clone().expect("cloned"),
                far.try_clone().expect("cloned"),
            );
            thread::spawn(move || std::io::copy(&mut a, &mut b));
            let (mut near, mut far) = (near, far);
            let _ = std::io::copy(&mut far, &mut near);
        }
    }
}

fn read(stream: &mut impl Read) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).ok()?;
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let mut asked = Asked {
        line,
        headers,
        body: Vec::new(),
    };
    let length = asked
        .header("content-length")
        .and_then(|length| length.parse().ok());
    asked.body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

/// Short times, so that tests are.
pub(crate) fn settings() -> Settings {
    Settings {
        user_agent: "plimsoll/test".into(),
        tls: Tls::default(),
        proxies: Proxies::default(),
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            idle: Duration::from_millis(600),
            whole: Duration::from_secs(2),
        },
        retries: Retries {
            pause: Duration::from_millis(1),
            ..Retries::default()
        },
    }
}

pub(crate) fn client() -> Client {
    Client::new(settings())
}
