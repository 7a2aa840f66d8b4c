//! Departments behind gates, asked by the clock while one of them fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use c360::cli;
use c360::demo::{Dials, Fault, Town, Which};
use c360::sdl::SourceText;
use c360::startup::Folder;
use c360::units::ByteSize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::ageing::ageing;
use super::gate::{Failure, Gate, Noise};
use super::reload;
use super::trial::{Clients, Door, LATENCY, Trial, paced};

/// Questions a second.
pub(crate) const RATE: u32 = 200;

/// Departments, each behind a gate that can be shut and make noise.
pub(crate) struct Street {
    pub trial: Trial,
    gates: BTreeMap<Which, Gate>,
    query: String,
    /// Who is asked for.
    pub ids: Vec<String>,
    /// What each of them looks like when all is calm.
    pub calm: Vec<Value>,
}

/// One question of a load.
pub(crate) struct Asked {
    pub took: Duration,
    /// Whose answer it should be, by its place among those who are asked for.
    pub place: usize,
    /// The status and the body; nothing where none came.
    pub answer: Option<(u16, Bytes)>,
}

/// All that may be wrong with a department.
pub(crate) fn failures() -> impl Iterator<Item = Failure> {
    let faults = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Calm).map(Failure::Fault);
    std::iter::once(Failure::Gone).chain(faults).chain(Noise::ALL.map(Failure::Noise))
}

/// For a table.
pub(crate) fn name(failure: Failure) -> String {
    match failure {
        Failure::Gone => "Gone".to_owned(),
        Failure::Fault(fault) => format!("{fault:?}"),
        Failure::Noise(noise) => format!("{noise:?}"),
    }
}

impl Street {
    /// With a question for a part of each department, and for `more` of a customer.
    pub async fn open(more: &'static str) -> Street {
        let (mut gates, mut fronts) = (BTreeMap::new(), BTreeMap::new());
        for department in Which::ALL {
            let gate = Gate::build().await;
            fronts.insert(department, gate.origin());
            gates.insert(department, gate);
        }
        let dials = Dials { customers: 400, latency: LATENCY, fronts, ..Dials::default() };
        let trial = Trial::of(Town::start(dials).await.expect("loopback ports"));
        for department in trial.town.departments() {
            let gate = gates.get_mut(&department.which()).expect("each has one");
            gate.lead_to(&department.address()).await;
        }
        let parts: Vec<_> = Which::ALL.into_iter().map(Trial::part_of).chain([more]).collect();
        let query = format!("query ($id: ID!) {{ customer(id: $id) {{ {} }} }}", parts.join(" "));
        let ids = trial.ids.to_vec();
        let mut street = Street { trial, gates, query, ids, calm: Vec::new() };
        let door = street.door();
        let client = Clients::new(door.address, 1).of(0);
        for place in 0..street.ids.len() {
            street.calm.push(client.calm(street.body(place)).await);
        }
        street
    }

    /// Asks only for those of whom this holds when all is calm.
    pub fn retain(&mut self, holds: impl Fn(&Value) -> bool) {
        let kept = self.calm.iter().map(holds).collect::<Vec<_>>();
        let (mut of_ids, mut of_calm) = (kept.iter(), kept.iter());
        self.ids.retain(|_| of_ids.next() == Some(&true));
        self.calm.retain(|_| of_calm.next() == Some(&true));
    }

    /// A gateway that keeps nothing.
    pub fn door(&self) -> Door {
        self.door_of(cli::shipped_schema(), ByteSize(0))
    }

    /// A gateway that finds nothing fresh, and keeps everything for when its source fails.
    pub fn keeping_door(&self) -> Door {
        let files = cli::shipped_schema().into_iter();
        let files = files.map(|file| SourceText { text: ageing(&file.text, 0, true), ..file }).collect();
        self.door_of(files, ByteSize::mebibytes(64))
    }

    fn door_of(&self, files: Vec<SourceText>, kept: ByteSize) -> Door {
        let mut settings = self.trial.settings();
        settings.cache.max_bytes = kept;
        for department in self.trial.town.departments() {
            let is_its = |url: &Option<String>| url.as_ref() == Some(&department.address());
            let source = settings.sources.values_mut().find(|source| is_its(&source.url));
            let origin = self.gates[&department.which()].origin();
            source.expect("the settings are over the town").url = Some(origin);
        }
        Door::serving(Folder { files, settings })
    }

    /// A question for one of them.
    pub fn body(&self, place: usize) -> String {
        json!({ "query": self.query, "variables": { "id": self.ids[place] } }).to_string()
    }

    /// Asks for everybody in turn, for so long.
    pub async fn load(&self, clients: &Clients, length: Duration) -> Vec<Asked> {
        let asking = |number: u32| {
            let place = number as usize % self.ids.len();
            let (client, body) = (clients.of(number), self.body(place));
            async move { (place, client.post(body).await) }
        };
        let asked = paced(RATE, length, asking).await.into_iter();
        asked.map(|(_, took, (place, answer))| Asked { took, place, answer }).collect()
    }

    /// The same while a department fails.
    pub async fn load_beside(
        &mut self,
        (department, failure): (Which, Failure),
        clients: &Clients,
        length: Duration,
    ) -> Vec<Asked> {
        let annoyed = self.gates[&department].annoyed();
        self.begin(department, failure).await;
        let asked = self.load(clients, length).await;
        let is_annoyed = self.gates[&department].annoyed() > annoyed;
        assert_eq!(is_annoyed, matches!(failure, Failure::Noise(_)), "noise is heard where it is made");
        self.end(department).await;
        asked
    }

    /// From now on it fails so.
    pub async fn begin(&mut self, department: Which, failure: Failure) {
        let gate = self.gates.get_mut(&department).expect("each has one");
        match failure {
            Failure::Gone => gate.shut(),
            Failure::Fault(fault) => self.trial.town.department(department).fail(fault),
            Failure::Noise(noise) => gate.make(noise).await,
        }
    }

    /// All is calm again.
    pub async fn end(&mut self, department: Which) {
        self.trial.town.department(department).fail(Fault::Calm);
        self.gates.get_mut(&department).expect("each has one").open().await;
        // Calls that were given up may still be on their way.
        sleep(Duration::from_millis(100)).await;
    }

    /// The folder of a gateway that finds them behind their gates; `more` stands before the sources.
    pub fn write(&self, folder: &Path, more: &str) {
        reload::write(&self.trial, folder, 0, more);
        let file = folder.join("gateway.toml");
        let mut text = fs::read_to_string(&file).expect("it was written");
        for department in self.trial.town.departments() {
            text = text.replace(&department.address(), &self.gates[&department.which()].origin());
        }
        fs::write(file, text).expect("room for a file");
    }
}
