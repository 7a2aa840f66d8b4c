//! What somebody who means harm says over one connection, and what is heard there.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long nothing may be heard, or taken, where more might be.
const QUIET: Duration = Duration::from_secs(3);
/// How much of an answer is kept to be looked at.
const BEGINNING_BYTES: usize = 64 << 10;

/// What is said over one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    pub start: Vec<u8>,
    /// What follows it, so many times.
    pub again: Vec<u8>,
    pub times: usize,
    /// What comes is left where it is.
    pub is_deaf: bool,
}

/// What was heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// Zero: nothing.
    pub status: u16,
    /// Why it was refused, where it was.
    pub reason: String,
    pub bytes: usize,
    pub took: Duration,
}

/// What has been read so far.
#[derive(Default)]
struct Read {
    beginning: Vec<u8>,
    bytes: usize,
    /// Where the head ends, and the whole answer.
    head: Option<(usize, usize)>,
}

impl Wire {
    /// One question.
    pub fn question(query: &str, variables: &str) -> Wire {
        Wire::body(&format!("{{\"query\":{},\"variables\":{variables}}}", json!(query)))
    }

    /// A body of JSON.
    pub fn body(body: &str) -> Wire {
        let head = post(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
        Wire::once(head + body)
    }

    pub fn once(text: String) -> Wire {
        Wire { start: text.into_bytes(), ..Wire::default() }
    }

    /// Says it; ends with the answer, or when the connection does, or once nothing moves any more.
    pub async fn say(&self, port: u16) -> Heard {
        let begun = Instant::now();
        let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await else {
            return Heard { reason: "not let in".to_owned(), ..Heard::default() };
        };
        let (reader, writer) = stream.into_split();
        let mut read = Read::default();
        let ended = match self.is_deaf {
            true => timeout(PATIENCE, self.write(writer)).await.is_ok(),
            false => {
                let both = async {
                    let reading = read.answer(reader);
                    tokio::pin!(reading);
                    tokio::select! {
                        () = &mut reading => {}
                        _writer = self.write(writer) => timeout(PATIENCE, &mut reading).await.unwrap_or(()),
                    }
                };
                timeout(PATIENCE, both).await.is_ok()
            }
        };
        let mut heard = read.heard(begun.elapsed());
        if self.is_deaf {
            heard = Heard { reason: "not read".to_owned(), ..Heard::default() };
        } else if !ended || heard.took >= PATIENCE {
            heard.reason = format!("NO END {}", heard.reason);
        }
        heard
    }

    /// Hands the connection back, for it is to stay open.
    async fn write(&self, mut writer: OwnedWriteHalf) -> OwnedWriteHalf {
        let pieces = std::iter::once(&self.start).chain(std::iter::repeat_n(&self.again, self.times));
        for piece in pieces {
            match timeout(QUIET, writer.write_all(piece)).await {
                Ok(Ok(())) => {}
                // It was cut, or is read no longer.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        if self.is_deaf {
            tokio::time::sleep(QUIET).await;
        }
        writer
    }
}

impl Read {
    async fn answer(&mut self, mut reader: OwnedReadHalf) {
        let mut piece = vec![0; 64 << 10];
        while !self.is_whole() {
            let reading = timeout(if self.is_upgraded() { QUIET } else { PATIENCE }, reader.read(&mut piece)).await;
            let Ok(Ok(read @ 1..)) = reading else { break };
            self.bytes += read;
            let room = BEGINNING_BYTES.saturating_sub(self.beginning.len());
            self.beginning.extend_from_slice(&piece[..read.min(room)]);
            if self.head.is_none() {
                self.head = self.find_head();
            }
        }
    }

    fn find_head(&self) -> Option<(usize, usize)> {
        let end = self.beginning.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.beginning[..end]).to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        Some((end, end + length.unwrap_or(0)))
    }

    fn is_upgraded(&self) -> bool {
        self.status() == 101
    }

    fn is_whole(&self) -> bool {
        !self.is_upgraded() && self.head.is_some_and(|(_, end)| self.bytes >= end)
    }

    fn status(&self) -> u16 {
        let word = self.beginning.get(9..12).and_then(|word| std::str::from_utf8(word).ok());
        word.and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    fn heard(&self, took: Duration) -> Heard {
        let start = self.head.map_or(0, |(start, _)| start);
        let body = &self.beginning[start..];
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &answer["errors"][0]["extensions"];
        let reason = error["reason"].as_str().or(error["code"].as_str()).unwrap_or_default();
        // The last that is said on a socket is why it is closed.
        let closed = body.windows(4).rfind(|window| self.is_upgraded() && window[0] == 0x88 && window[1] < 126);
        let reason = match closed {
            Some(frame) => u16::from_be_bytes([frame[2], frame[3]]).to_string(),
            None => reason.to_owned(),
        };
        Heard { status: self.status(), reason, bytes: self.bytes, took }
    }
}

/// The head of a question with these headers.
pub(crate) fn post(headers: &str) -> String {
    format!("POST /graphql HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")
}
