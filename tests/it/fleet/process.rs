//! Programs that run beside the test and end with it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

/// How long a program may take until it does its work.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program, killed when this is dropped.
pub struct Process(Child);

impl Process {
    /// `c360 serve FOLDER`; what it says goes to a file in the folder.
    pub fn gateway(folder: &Path) -> Process {
        let said = std::fs::File::options().create(true).append(true).open(folder.join("said.log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_c360"));
        command.arg("serve").arg(folder).env("C360_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::null());
        Process(command.stderr(said).spawn().unwrap())
    }

    /// A Redis that keeps nothing on disk.
    pub fn redis(port: u16) -> Process {
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--maxmemory", "64mb", "--maxmemory-policy", "volatile-ttl"]);
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Process(started.expect("redis-server is there: ./test installs it"))
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// `-STOP`, `-CONT`.
    pub fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// At once, as when a machine is lost.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGTERM, and the exit code once it has ended.
    pub async fn terminate(mut self) -> Option<i32> {
        let told = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(told.success());
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Until somebody listens at the port.
pub async fn listening(port: u16) {
    let end = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(Instant::now() < end, "nobody listens at port {port}");
        sleep(Duration::from_millis(10)).await;
    }
}
