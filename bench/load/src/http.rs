//! As much HTTP/1.1 as a load generator needs: one kept connection, answers by length or in chunks.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

const DOCUMENT: &str = "accept: application/json\r\n";
const PAGE: &str = "accept: text/html,*/*\r\naccept-encoding: br\r\n";

pub struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
    token: String,
    request: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Connection {
    pub fn open(address: &str, token: &str, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        Ok(Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
            address: address.to_owned(),
            token: token.to_owned(),
            request: Vec::with_capacity(1024),
        })
    }

    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, DOCUMENT, b"")?;
        self.answer()
    }

    /// As a browser asks; the body is as it came over the wire.
    pub fn page(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, PAGE, b"")?;
        self.answer()
    }

    pub fn post(&mut self, path: &str, body: &[u8]) -> io::Result<Answer> {
        self.send("POST", path, DOCUMENT, body)?;
        self.answer()
    }

    /// Asks for a stream that stays open; the answer's body is then read line by line.
    pub fn stream(mut self, path: &str) -> io::Result<Lines> {
        self.send("GET", path, DOCUMENT, b"")?;
        let head = self.head()?;
        if head.status != 200 {
            return Err(io::Error::other(format!("GET {path}: {}", head.status)));
        }
        Ok(Lines { body: self.stream, chunked: head.length.is_none(), left: 0 })
    }

    fn send(&mut self, method: &str, path: &str, wants: &str, body: &[u8]) -> io::Result<()> {
        self.request.clear();
        write!(
            self.request,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n{wants}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            self.token,
            body.len()
        )?;
        self.request.extend_from_slice(body);
        self.stream.get_mut().write_all(&self.request)
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let head = self.head()?;
        let mut body = Vec::new();
        match head.length {
            Some(length) => {
                body.resize(length, 0);
                self.stream.read_exact(&mut body)?;
            }
            None => while read_chunk(&mut self.stream, &mut body)? {},
        }
        Ok(Answer { status: head.status, body })
    }

    fn head(&mut self) -> io::Result<Head> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no HTTP answer: {line:?}")))?;
        let mut length = Some(0);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok(),
                "transfer-encoding" => length = None,
                _ => {}
            }
        }
        Ok(Head { status, length })
    }
}

struct Head {
    status: u16,
    /// `None`: in chunks.
    length: Option<usize>,
}

/// A body of one JSON document per line.
pub struct Lines {
    body: BufReader<TcpStream>,
    chunked: bool,
    left: usize,
}

impl Lines {
    /// Appends the next line, without its end; `false` when the stream is over.
    pub fn next(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        loop {
            if self.chunked && self.left == 0 {
                self.left = chunk_length(&mut self.body)?;
                if self.left == 0 {
                    return Ok(false);
                }
            }
            let buffer = self.body.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let readable = if self.chunked { &buffer[..buffer.len().min(self.left)] } else { buffer };
            let end = readable.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(readable.len(), |end| end + 1);
            line.extend_from_slice(&readable[..end.unwrap_or(taken)]);
            self.body.consume(taken);
            if self.chunked {
                self.left -= taken;
                if self.left == 0 {
                    skip_line_end(&mut self.body)?;
                }
            }
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

fn read_chunk(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> io::Result<bool> {
    let length = chunk_length(stream)?;
    let start = body.len();
    body.resize(start + length, 0);
    stream.read_exact(&mut body[start..])?;
    skip_line_end(stream)?;
    Ok(length > 0)
}

fn chunk_length(stream: &mut BufReader<TcpStream>) -> io::Result<usize> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let digits = line.trim_end().split(';').next().unwrap_or_default();
    usize::from_str_radix(digits, 16).map_err(|_| io::Error::other(format!("not a chunk's length: {line:?}")))
}

fn skip_line_end(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    stream.read_exact(&mut [0; 2])
}
