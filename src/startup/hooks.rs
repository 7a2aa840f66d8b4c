//! The webhooks of sources, out of their settings.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::config::{Problem, Settings};
use crate::gateway::Gateway;
use crate::hooks::Hook;
use crate::mapping::Value;

/// Webhooks by the name of their source, and what is wrong with them.
#[derive(Default)]
pub(super) struct Hooks {
    pub made: BTreeMap<String, Hook>,
    pub problems: Vec<Problem>,
    /// What operators should know, and nobody has to mend.
    pub notes: Vec<String>,
}

impl Hooks {
    /// As far as their settings tell, whatever the schema says.
    pub fn of(settings: &Settings) -> Hooks {
        let mut hooks = Hooks::default();
        for (name, hook) in &settings.webhooks {
            let table = format!("webhooks.{name}");
            if hook.is_off() {
                hooks.notes.push(format!("nothing is heard at /webhooks/{name}: every secret of [{table}] is empty"));
                continue;
            }
            let config = settings.sources.get(name).map(|source| source.config.0.clone()).unwrap_or_default();
            match Hook::new(hook.clone(), Value::from(serde_json::Value::Object(config))) {
                Ok(hook) => _ = hooks.made.insert(name.clone(), hook),
                Err(flaws) => {
                    let places = &settings.places;
                    let told = |message: &str| format!("[{table}] {message}");
                    let flaw = |flaw: crate::hooks::Flaw| {
                        places.problem(&format!("{table}.{}", flaw.key), told(&flaw.message), None)
                    };
                    hooks.problems.extend(flaws.into_iter().map(flaw));
                }
            }
        }
        hooks
    }

    /// Says which of them belong to no source.
    pub fn check_names(&mut self, settings: &Settings, catalog: &Catalog) {
        let known = || catalog.sources.iter().map(|source| source.name.as_str());
        for name in settings.webhooks.keys().filter(|name| known().all(|known| known != *name)) {
            let message = format!("[webhooks.{name}] no source of the schema has this name");
            let place = format!("webhooks.{name}");
            self.problems.push(settings.places.problem(&place, message, super::flaws::nearest(name, known())));
        }
    }

    /// The same, which have heard and counted what those of an earlier gateway have.
    pub fn after(self, earlier: &Gateway) -> BTreeMap<String, Hook> {
        let after = |(name, hook): (String, Hook)| {
            let hook = match earlier.hook(&name) {
                Some(earlier) => hook.after(earlier),
                None => hook,
            };
            (name, hook)
        };
        self.made.into_iter().map(after).collect()
    }
}
