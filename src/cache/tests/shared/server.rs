//! A real server, started and ended by a test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[path = "../../../../tests/it/ports.rs"]
mod ports;
pub(super) use ports::quiet_port;

/// A server of our own on a port of its own, that keeps nothing on disk.
pub(super) struct Server {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Server {
    pub(super) fn start() -> Server {
        let port = quiet_port();
        let folder = TempDir::new().unwrap();
        let process = run(port, &folder);
        let server = Server { process, port, folder };
        server.wait();
        server
    }

    pub(super) fn restart(&mut self) {
        self.process = run(self.port, &self.folder);
        self.wait();
    }

    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(super) fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    fn wait(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "the server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// What the server says to one command, as bytes of its protocol.
    pub(super) fn say(&self, words: &[&[u8]]) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut text = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            text.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            text.extend_from_slice(word);
            text.extend_from_slice(b"\r\n");
        }
        stream.write_all(&text).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    /// The names of all hashes of records.
    pub(super) fn names(&self) -> Vec<String> {
        self.names_like("c360:r:")
    }

    /// Those of all signs that lead to records.
    pub(super) fn signs(&self) -> Vec<String> {
        self.names_like("c360:i:")
    }

    pub(super) fn names_like(&self, start: &str) -> Vec<String> {
        let told = self.say(&[b"KEYS", format!("{start}*").as_bytes()]);
        let text = String::from_utf8_lossy(&told).into_owned();
        let mut names: Vec<String> = text.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect();
        names.sort();
        names
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(port: u16, folder: &TempDir) -> Child {
    Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
        ])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed: Debian's package is called so")
}
