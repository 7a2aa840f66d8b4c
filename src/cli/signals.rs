//! What the system tells the process.

use std::io;

use tokio::sync::{mpsc, watch};

/// How often it was told to stop. Listens from the moment it is made.
pub(super) struct Stops(watch::Receiver<u32>);

impl Stops {
    /// Errors: the system takes no handlers.
    pub(super) fn listen() -> io::Result<Stops> {
        let (told, stops) = watch::channel(0);
        let mut signals = StopSignals::new()?;
        tokio::spawn(async move {
            while signals.next().await {
                told.send_modify(|times| *times += 1);
            }
        });
        Ok(Stops(stops))
    }

    /// Resolves once it was told so often.
    pub(super) fn told(&self, times: u32) -> impl Future<Output = ()> + Send + 'static {
        let mut stops = self.0.clone();
        async move {
            if stops.wait_for(|told| *told >= times).await.is_err() {
                // Nobody listens any longer: only killing ends the process.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Ctrl-C and SIGTERM.
struct StopSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn new() -> io::Result<StopSignals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(StopSignals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            told = self.terminate.recv() => told.is_some(),
            told = self.interrupt.recv() => told.is_some(),
        }
    }
}

#[cfg(not(unix))]
impl StopSignals {
    fn new() -> io::Result<StopSignals> {
        Ok(StopSignals {})
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}

/// One message for each SIGHUP; several that come while one is acted upon are one.
#[cfg(unix)]
pub(super) fn hang_ups() -> io::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (told, hang_ups) = mpsc::channel(1);
    let mut signal = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while signal.recv().await.is_some() {
            // Full: one is waiting already.
            let _ = told.try_send(());
        }
    });
    Ok(hang_ups)
}

/// There are none here.
#[cfg(not(unix))]
pub(super) fn hang_ups() -> io::Result<mpsc::Receiver<()>> {
    Ok(mpsc::channel(1).1)
}
