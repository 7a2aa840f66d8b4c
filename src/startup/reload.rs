//! Edits of a folder, taken in while the gateway serves: read, checked and assembled as at the start, then swapped whole.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::aside::Aside;
use super::restart::take_a_restart;
use super::{Assembled, Faults, assemble_after, read_folder};
use crate::config::{self, Settings};
use crate::gateway::{Gateway, Live};
use crate::http::Desk;
use crate::sources::{Environment, Observer};
use crate::watch::{Look, Watch};

/// However short the interval of the settings is.
const SHORTEST: Duration = Duration::from_millis(100);
/// For so long a new gateway plans what the one before it was asked, before it takes its place.
const PREPARING: Duration = Duration::from_secs(1);

/// Looks after one folder.
pub struct Reloader {
    folder: PathBuf,
    environment: Environment,
    observer: Option<Arc<dyn Observer>>,
    watch: Watch,
    /// What was last read, whatever became of it.
    tried: Look,
    /// What the last look saw, where it was something new: it is read once the next look sees the same.
    coming: Option<Look>,
}

/// A gateway that serves and is to be replaced.
struct Serving {
    desk: Desk,
    /// What the server was built with.
    first: Settings,
    /// What the gateway that serves was built with.
    settings: Settings,
}

/// What became of reading the folder.
struct Read {
    assembled: Result<(Assembled, Settings), Faults>,
    look: Look,
}

impl Reloader {
    /// Takes a first look, so it comes before the folder is read for the first time.
    pub fn new(folder: &Path, environment: Environment, observer: Option<Arc<dyn Observer>>) -> Reloader {
        let mut watch = Watch::default();
        let tried = watch.look(files(folder, &*environment));
        Reloader { folder: folder.to_owned(), environment, observer, watch, tried, coming: None }
    }

    /// The place of the gateway that the folder was made into after the first look.
    pub fn live(&self, gateway: Arc<Gateway>) -> Live {
        Live::new(gateway, Some(self.fingerprint(&self.tried)))
    }

    /// Reloads the folder when its files have changed and come to rest, and at once at each hang-up; for ever.
    /// `settings` are those of the gateway that serves at `desk`.
    pub async fn run(mut self, desk: Desk, settings: Settings, mut hang_ups: mpsc::Receiver<()>) {
        let mut serving = Serving { desk, first: settings.clone(), settings };
        let aside = match Aside::begin() {
            Ok(aside) => aside,
            Err(why) => return tracing::error!(%why, "there is no thread for reloads; the folder is not watched"),
        };
        loop {
            let reload = &serving.settings.reload;
            let every = reload.every.0.max(SHORTEST);
            let was_told = tokio::select! {
                told = hang_ups.recv(), if !hang_ups.is_closed() => told.is_some(),
                () = sleep(every), if reload.watch => false,
                else => return,
            };
            let before = serving.desk.live().now();
            let settings = serving.settings.clone();
            let looking = before.clone();
            let looked = aside.done(move || {
                let read = self.look(was_told, &looking, &settings);
                drop(looking);
                (self, read)
            });
            let Some((reloader, read)) = looked.await else {
                tracing::error!("reading the folder panicked; it is not watched any longer");
                return;
            };
            self = reloader;
            match read {
                None => {}
                Some(Read { assembled: Ok((assembled, settings)), look }) => {
                    serving.take(assembled, settings, self.fingerprint(&look));
                    aside.let_go(before);
                }
                Some(Read { assembled: Err(faults), .. }) => serving.refuse(&faults),
            }
        }
    }

    /// One look, and a reading of the folder where it is due: something new has come to rest, or somebody wants it.
    fn look(&mut self, was_told: bool, before: &Gateway, settings: &Settings) -> Option<Read> {
        let look = self.now();
        if !was_told {
            if look == self.tried {
                self.coming = None;
                return None;
            }
            if self.coming.as_ref() != Some(&look) {
                self.coming = Some(look);
                return None;
            }
        }
        let assembled = catch_unwind(AssertUnwindSafe(|| self.read(before, settings)));
        let assembled = assembled.unwrap_or_else(|_| Err(Faults::other("reading the folder panicked")));
        let after = self.now();
        if after != look && !was_told {
            // Somebody writes while we read.
            self.coming = Some(after);
            return None;
        }
        self.tried = look.clone();
        self.coming = None;
        Some(Read { assembled, look })
    }

    fn read(&self, before: &Gateway, settings: &Settings) -> Result<(Assembled, Settings), Faults> {
        let folder = read_folder(&self.folder, &*self.environment)?;
        let read = folder.settings.clone();
        let assembled =
            assemble_after(folder, self.environment.clone(), self.observer.clone(), Some((before, settings)))?;
        assembled.gateway.prepare_for(before, PREPARING);
        Ok((assembled, read))
    }

    fn now(&mut self) -> Look {
        self.watch.look(files(&self.folder, &*self.environment))
    }

    /// What operators compare: of the files that are the same on every machine, so that secret ones stay out of it.
    fn fingerprint(&self, look: &Look) -> u64 {
        let schema = self.folder.join("schema");
        look.fingerprint(&self.folder, |path| path == self.folder.join(config::FILE_NAME) || path.starts_with(&schema))
    }
}

impl Serving {
    fn take(&mut self, assembled: Assembled, settings: Settings, fingerprint: u64) {
        for warning in &assembled.warnings {
            tracing::warn!("{warning}");
        }
        for note in &assembled.notes {
            tracing::info!("{note}");
        }
        let waiting = take_a_restart(&self.first, &settings);
        for setting in &waiting {
            tracing::warn!("{setting} has changed and takes a restart");
        }
        self.desk.live().wait(waiting);
        self.desk.settle(settings.server.clone());
        self.desk.live().swap(assembled.gateway, Some(fingerprint));
        self.settings = settings;
        let generation = self.desk.live().history().generation;
        tracing::info!(generation, fingerprint = format!("{fingerprint:016x}"), "the folder was reloaded");
    }

    fn refuse(&self, faults: &Faults) {
        tracing::error!("the folder was not reloaded; what served before goes on serving\n{faults}");
        self.desk.live().refuse(faults.summary());
    }
}

/// Everything that a gateway is made of: files that are not there are looked for too.
fn files(folder: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let mut files = vec![folder.join(config::FILE_NAME)];
    files.extend(super::schema_files(&folder.join("schema")).unwrap_or_default());
    files.extend(config::secret_files(folder, environment));
    files
}
