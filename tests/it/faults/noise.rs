//! What a server may say that is no answer: it is made on the wire, for no well-kept server could be made to.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long whoever asked may take to hear it.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is sent at once of what has no end.
const PIECE_BYTES: usize = 64 << 10;

/// A kind of noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Another protocol's greeting.
    NotHttp,
    /// One header of a megabyte.
    LongHeader,
    /// A hundred thousand headers.
    ManyHeaders,
    /// A body that is packed, and becomes a hundred and fifty times as much when it is unpacked, without an end.
    Packed,
    /// A body of five gigabytes, as its length says, for as long as somebody reads.
    Large,
    /// The connection is reset in the midst of the body.
    Reset,
}

impl Noise {
    pub const ALL: [Noise; 6] =
        [Noise::NotHttp, Noise::LongHeader, Noise::ManyHeaders, Noise::Packed, Noise::Large, Noise::Reset];

    /// Makes it where something was asked.
    pub async fn make(self, mut stream: TcpStream) {
        let mut asked = [0; 4096];
        if !stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
            return;
        }
        // Whoever hangs up has heard enough.
        let _heard = timeout(PATIENCE, self.speak(&mut stream)).await;
        if self == Noise::Reset {
            let _told = stream.set_zero_linger();
        }
    }

    async fn speak(self, stream: &mut TcpStream) -> std::io::Result<()> {
        match self {
            Noise::NotHttp => stream.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n").await,
            Noise::LongHeader => {
                stream.write_all(head(&format!("x-long: {}\r\n", "a".repeat(1 << 20))).as_bytes()).await
            }
            Noise::ManyHeaders => stream.write_all(head(&"x-many: a\r\n".repeat(100_000)).as_bytes()).await,
            Noise::Packed => {
                stream.write_all(head("content-encoding: gzip\r\ntransfer-encoding: chunked\r\n").as_bytes()).await?;
                let (beginning, piece) = packed();
                chunk(stream, &beginning).await?;
                loop {
                    chunk(stream, &piece).await?;
                }
            }
            Noise::Large => {
                stream.write_all(head("content-length: 5368709120\r\n").as_bytes()).await?;
                let piece = vec![b' '; PIECE_BYTES];
                loop {
                    stream.write_all(&piece).await?;
                }
            }
            Noise::Reset => {
                stream.write_all(head("content-length: 1000\r\n").as_bytes()).await?;
                stream.write_all(b"{\"half\": ").await
            }
        }
    }
}

fn head(headers: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}\r\n")
}

async fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
    stream.write_all(bytes).await?;
    stream.write_all(b"\r\n").await
}

/// Spaces in gzip (RFC 1952) without an end: how they begin, and a piece that may follow as often as one likes.
///
/// A block of fixed codes (RFC 1951, 3.2.6) holds one space, then over and over again "the 258 bytes of one ago": eight bits
/// for the length and five for the distance, so that eight of these are thirteen bytes.
fn packed() -> (Vec<u8>, Vec<u8>) {
    const BEGINNING: &str = "11001010000";
    const AGAIN: &str = "1100010100000";
    let again = 8 * (PIECE_BYTES / 13);
    // What fills the last of the beginning's bytes; each piece begins in its midst.
    let bits = BEGINNING.bytes().chain(AGAIN.bytes().cycle().take(13 * (again + 1)));
    let bits: Vec<u8> = bits.map(|bit| bit - b'0').collect();
    // The first bit is a byte's lowest.
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
    let bytes: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    let (beginning, pieces) = bytes.split_at(1);
    ([&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff], beginning].concat(), pieces[..13 * again / 8].to_vec())
}
