//! A thread for work that nobody waits for: it gives way to those that answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// By how much it gives way where processors are scarce: Linux's `nice`, of which each step is a quarter.
#[cfg(target_os = "linux")]
const GIVES_WAY: i32 = 10;
/// How often one looks whether somebody still has what is to be let go.
const LOOK: Duration = Duration::from_millis(100);

/// The thread; it ends when this is dropped and its work is done.
pub(super) struct Aside {
    work: Sender<Work>,
}

enum Work {
    Done(Box<dyn FnOnce() + Send>),
    LetGo(Arc<dyn Any + Send + Sync>),
}

impl Aside {
    /// Begins it, in the runtime of whoever calls.
    ///
    /// # Errors
    /// The system has no room for another thread.
    pub fn begin() -> std::io::Result<Aside> {
        let (work, given) = channel();
        let runtime = Handle::current();
        thread::Builder::new().name("c360-aside".to_owned()).spawn(move || {
            let _within = runtime.enter();
            give_way();
            attend(&given);
        })?;
        Ok(Aside { work })
    }

    /// What comes of work; nothing where it panicked.
    pub async fn done<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (told, hears) = oneshot::channel();
        let work = move || _ = told.send(work());
        self.work.send(Work::Done(Box::new(work))).ok()?;
        hears.await.ok()
    }

    /// Lets go of a thing once nobody else has it: what is large takes its time to be given back.
    pub fn let_go(&self, thing: Arc<dyn Any + Send + Sync>) {
        // Were the thread gone, it would be given back here.
        _ = self.work.send(Work::LetGo(thing));
    }
}

fn attend(given: &Receiver<Work>) {
    let mut leaving: Vec<Arc<dyn Any + Send + Sync>> = Vec::new();
    loop {
        let next = match leaving.is_empty() {
            true => given.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => given.recv_timeout(LOOK),
        };
        match next {
            // Whoever waits learns of a panic by hearing nothing.
            Ok(Work::Done(work)) => _ = catch_unwind(AssertUnwindSafe(work)),
            Ok(Work::LetGo(thing)) => leaving.push(thing),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        leaving.retain(|thing| Arc::strong_count(thing) > 1);
    }
}

/// Elsewhere than on Linux a thread cannot be told apart from its process.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(why) = rustix::process::setpriority_process(None, GIVES_WAY) {
        tracing::debug!(%why, "reloads run at the priority of everything else");
    }
}
