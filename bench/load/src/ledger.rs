//! A web service that writes down every effect: one line with its time, its path, its key.
//! It answers when the line is written, never looks for repetitions, and lives until its standard input is closed.

use crate::{clock, options::Options};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

pub fn run(options: &Options) -> Result<Value, String> {
    let path = options.text("file")?;
    let file = File::create(&path).map_err(|error| format!("{path}: {error}"))?;
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("{address}");
    let file = Arc::new(Mutex::new(file));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let file = file.clone();
            thread::spawn(move || answer(stream, &file));
        }
    });
    let _ = io::stdin().read_to_end(&mut Vec::new());
    Ok(json!({"file": path}))
}

/// The calls of one connection, until the other side is gone.
fn answer(stream: TcpStream, file: &Mutex<File>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(effect) = read(&mut stream)? {
        let line = format!("{} {} {}\n", clock::now(), effect.path, effect.key);
        let mut file = file.lock().map_err(|_| io::Error::other("the ledger is gone"))?;
        file.write_all(line.as_bytes())?;
        drop(file);
        stream
            .get_mut()
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")?;
    }
    Ok(())
}

struct Effect {
    path: String,
    key: String,
}

fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Effect>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut key, mut length) = ("-".to_owned(), 0);
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().map_err(io::Error::other)?,
            "idempotency-key" => key = value.trim().replace(char::is_whitespace, "_"),
            _ => {}
        }
    }
    io::copy(&mut stream.by_ref().take(length), &mut io::sink())?;
    Ok(Some(Effect { path, key }))
}
