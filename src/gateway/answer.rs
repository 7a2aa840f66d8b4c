//! From a question to its answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::answers::{Answers, Lasting, Question, Spoken, Told, Way};
use super::planning::Introspected;
use super::plans::{Found, Plans, Remembered, Said};
use super::sight::{Ended, Sight};
use crate::cache::Cache;
use crate::catalog::{Catalog, Connector};
use crate::fetch::{Bindings, Context, Lanes, Ledger};
use crate::hooks::Hook;
use crate::listing::PageArguments;
use crate::mapping::{Object, Value};
use crate::operation::{Complaint, Contract, Limits, Reason, Refusal, bind};
use crate::plan::Plan;
use crate::response::{Paper, give_up, refuse, write};
use crate::sources::Sources;
use crate::telemetry::catalogue::{ANSWERS_HELD, PLANS_KEPT, WEBHOOKS};
use crate::telemetry::{Asker, Page, Watch};
use crate::units::{ByteSize, TimeSpan};
use crate::{fetch, plan};

/// How requests are answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long one request may take; then what is there is sent.
    pub deadline: TimeSpan,
    /// Most memory that remembered plans may take, about a kilobyte for each field that an operation selects, fragments
    /// written out. Texts that differ in blanks, comments and literals share one.
    pub plan_cache: ByteSize,
    /// Most entities one look-up may ask for.
    pub lookup_ids: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { deadline: TimeSpan::seconds(30), plan_cache: ByteSize::mebibytes(32), lookup_ids: 100 }
    }
}

/// What a gateway is made of.
pub struct Parts {
    /// The contract with its connectors.
    pub catalog: Arc<Catalog>,
    /// What clients may write.
    pub contract: Contract,
    /// The contract's text.
    pub contract_sdl: String,
    /// The sources.
    pub sources: Arc<Sources>,
    /// The cache.
    pub cache: Arc<Cache>,
    /// Bounds on operations.
    pub limits: Limits,
    /// Most bytes of whole answers that are kept; zero: none.
    pub answers: ByteSize,
    /// How requests are answered.
    pub settings: Settings,
}

/// One question.
#[derive(Debug)]
pub struct Ask {
    /// The operation's text.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// Its variables as JSON.
    pub variables: Option<Box<RawValue>>,
    /// The client's headers.
    pub headers: Arc<HeaderMap>,
    /// Whether `extensions.coverage` is wanted.
    pub want_coverage: bool,
    /// How long it may take, where that is less than the gateway's deadline.
    pub budget: Option<Duration>,
}

impl Ask {
    /// The question as a client would write it, for those that did not come as one text.
    fn written(&self) -> Vec<u8> {
        let extensions = self.want_coverage.then(|| json!({ "coverage": true }));
        let written = json!({
            "query": self.query, "operationName": self.operation_name, "variables": self.variables, "extensions": extensions,
        });
        written.to_string().into_bytes()
    }
}

/// Its answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The whole GraphQL response as JSON.
    pub body: Bytes,
    /// False where the request was refused before anything was executed.
    pub executed: bool,
    /// How long it is good; nothing where nobody but who asked may have it, or not all of it is there and fresh.
    pub lasting: Option<Lasting>,
}

impl From<Spoken> for Answer {
    fn from(spoken: Spoken) -> Answer {
        Answer { body: spoken.body, executed: true, lasting: spoken.lasting }
    }
}

/// The gateway: answers any number of questions at once.
pub struct Gateway {
    pub(super) parts: Parts,
    pub(super) plans: Arc<Plans>,
    answers: Answers,
    lanes: Lanes,
    /// What operations see that read none.
    no_headers: Arc<Value<'static>>,
    requests: AtomicU64,
    sight: Arc<Sight>,
    /// By the name of their source.
    pub(super) hooks: BTreeMap<String, Hook>,
    /// Held by whoever looks through all that is kept.
    pub(super) looking: Arc<tokio::sync::Mutex<()>>,
    /// How many keys wait to be forgotten once more.
    pub(super) again: Arc<AtomicUsize>,
    /// How many objects wait to be looked for in the shared tier.
    pub(super) pursued: AtomicUsize,
}

impl Gateway {
    /// A gateway over checked parts, seen by nobody else.
    pub fn new(parts: Parts) -> Gateway {
        Gateway::seen_by(parts, Arc::default())
    }

    /// A gateway over checked parts, whose operations are seen together with those of others before and after it.
    pub fn seen_by(parts: Parts, sight: Arc<Sight>) -> Gateway {
        let plans = Arc::new(Plans::new(parts.settings.plan_cache.0));
        let answers = Answers::new(parts.answers.0);
        let lanes = Lanes::new(&parts.catalog);
        let no_headers = Arc::new(Value::Object(Object::default()));
        let (requests, hooks, looking, again) = (AtomicU64::new(0), BTreeMap::new(), Arc::default(), Arc::default());
        let pursued = AtomicUsize::new(0);
        Gateway { plans, answers, lanes, no_headers, parts, requests, sight, hooks, looking, again, pursued }
    }

    /// What is seen of its operations.
    pub fn sight(&self) -> &Arc<Sight> {
        &self.sight
    }

    /// Puts the numbers of everything that answers here on the page.
    pub fn measure(&self, page: &mut Page) {
        self.sight.measure(page, &self.parts.catalog);
        page.put(&PLANS_KEPT, &[], self.plans.count());
        page.put(&ANSWERS_HELD, &[], self.answers.held());
        self.parts.sources.measure(page);
        for (source, hook) in &self.hooks {
            hook.tally().for_each(|(outcome, count)| page.put(&WEBHOOKS, &[source, outcome], count));
        }
        let named =
            |connector: &Connector| (connector.definition, connector.id.clone(), self.parts.catalog.origin(connector));
        self.parts.cache.measure(page, self.parts.catalog.connectors.iter().map(named));
    }

    /// How long one request may take.
    pub(super) fn deadline(&self) -> Duration {
        self.parts.settings.deadline.0
    }

    /// Gives back the memory of whole answers that hold no longer, and of operations in whose text one of these stands;
    /// how many those were.
    pub(super) fn sweep(&self, now: SystemTime, texts: &[String]) -> (u64, u64) {
        (self.answers.sweep(now, &self.parts.cache), self.plans.sweep(texts))
    }

    /// Its webhooks, by the name of their source.
    pub fn hooks(&self) -> &BTreeMap<String, Hook> {
        &self.hooks
    }

    /// The contract that clients see, as SDL.
    pub fn contract_sdl(&self) -> &str {
        &self.parts.contract_sdl
    }

    /// The same as it is checked against.
    pub(crate) fn contract(&self) -> &Contract {
        &self.parts.contract
    }

    /// The contract with its connectors.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.parts.catalog
    }

    /// Its sources.
    pub fn sources(&self) -> &Arc<Sources> {
        &self.parts.sources
    }

    /// Its cache, which a gateway that takes its place goes on using.
    pub fn cache(&self) -> &Arc<Cache> {
        &self.parts.cache
    }

    /// The answer to a request that was written in just these bytes, if it is kept and all of it is still fresh. Where
    /// each request is shown to somebody, nothing is recalled here: [`Gateway::answer_written`] does it.
    pub fn recall(&self, written: &[u8]) -> Option<Answer> {
        if self.sight.is_shown() || !self.answers.is_on() {
            return None;
        }
        let begun = Instant::now();
        let (spoken, meter) = self.answers.get(written, SystemTime::now(), &self.parts.cache)?;
        self.sight.count(&meter, &spoken, begun.elapsed());
        Some(spoken.into())
    }

    /// Answers one question. Never fails: a refused request gets errors without data, a part that cannot be had is
    /// null with an error beside it.
    pub async fn answer(self: &Arc<Self>, ask: Ask) -> Answer {
        let written = if self.answers.is_on() { ask.written() } else { Vec::new() };
        match self.recall(&written) {
            Some(answer) => answer,
            None => self.answer_written(ask, &written).await,
        }
    }

    /// The same for a question that was written so, and is not recalled.
    pub async fn answer_written(self: &Arc<Self>, ask: Ask, written: &[u8]) -> Answer {
        match self.seen(ask, written).await {
            Ok(spoken) => spoken.into(),
            Err(refusal) => {
                self.sight.refused(refusal.reason);
                Answer { body: refuse(&refusal).into(), executed: false, lasting: None }
            }
        }
    }

    async fn seen(self: &Arc<Self>, ask: Ask, written: &[u8]) -> Result<Spoken, Refusal> {
        let (begun, now) = (Instant::now(), SystemTime::now());
        let found = self.plan(&ask.query, ask.operation_name.as_deref())?;
        let (plan, watch) = (found.plan.clone(), self.sight.watch(&ask.headers, now));
        let told = self.told(ask, written, found, now, watch.clone()).await;
        let (catalog, spoken) = (&self.parts.catalog, told.as_ref().ok());
        self.sight.ended(&Ended { plan: &plan, catalog, watch: watch.as_deref(), took: begun.elapsed(), spoken });
        told
    }

    async fn told(
        self: &Arc<Self>,
        ask: Ask,
        written: &[u8],
        found: Found,
        now: SystemTime,
        watch: Option<Arc<Watch>>,
    ) -> Result<Spoken, Refusal> {
        if !found.plan.is_keepable || ask.want_coverage {
            let prepared = self.prepare(&ask, found)?;
            let (body, errors, _) = self.execute(&ask, &prepared, now, watch, None).await;
            return Ok(Spoken { body, errors, way: Way::Apart, lasting: None });
        }
        if !self.answers.is_on() {
            let prepared = self.prepare(&ask, found)?;
            return Ok(self.tell(&ask, &prepared, now, watch).await.spoken(Way::Apart, now));
        }
        let cache = &*self.parts.cache;
        let question = found.said.as_ref().map_or_else(|| Question::new(written), |said| said.question(&ask));
        let kept = match &found.said {
            Some(_) => self.answers.get_said(&question, written, now, cache),
            // Where nobody is shown anything, it was looked for before.
            None if self.sight.is_shown() => self.answers.get(written, now, cache).map(|(spoken, _)| spoken),
            None => None,
        };
        if let Some(spoken) = kept {
            return Ok(spoken);
        }
        if self.time_for(&ask) < self.parts.settings.deadline.0 {
            // Neither may it wait as long as another one, nor another one get what it has at its end.
            let prepared = self.prepare(&ask, found)?;
            let told = self.tell(&ask, &prepared, now, watch).await;
            return Ok(self.answers.take(&question, &told, now, cache));
        }
        let prepared = Arc::new((self.prepare(&ask, found)?, ask));
        let make = || {
            let (gateway, prepared, watch) = (self.clone(), prepared.clone(), watch.clone());
            async move { gateway.tell(&prepared.1, &prepared.0, now, watch).await }
        };
        Ok(self.answers.share(&question, now, self.parts.settings.deadline.0 / 2, cache, make).await)
    }

    /// An answer, and what it stands on.
    async fn tell(&self, ask: &Ask, prepared: &Prepared, now: SystemTime, watch: Option<Arc<Watch>>) -> Told {
        let since = self.parts.cache.moment();
        let ledger = Ledger::new(self.answers.is_on());
        let (body, errors, ledger) = self.execute(ask, prepared, now, watch, Some(ledger)).await;
        let meter = prepared.remembered.meter.clone();
        Told::new(body, errors, meter, ledger.map(Ledger::close).unwrap_or_default(), since)
    }

    /// How long it may take.
    fn time_for(&self, ask: &Ask) -> Duration {
        let most = self.parts.settings.deadline.0;
        ask.budget.map_or(most, |budget| budget.min(most))
    }

    /// Everything that can be refused, before anything is fetched.
    fn prepare(&self, ask: &Ask, found: Found) -> Result<Prepared, Refusal> {
        let Found { plan: remembered, said } = found;
        match self.bound(ask, &remembered, said.as_ref()) {
            Ok((bindings, introspection)) => Ok(Prepared { remembered, bindings, introspection }),
            Err(refusal) => Err(match remembered.twins(&ask.query) {
                Some(twins) => twins.moved(refusal),
                None => refusal,
            }),
        }
    }

    fn bound(
        &self,
        ask: &Ask,
        remembered: &Remembered,
        said: Option<&Said>,
    ) -> Result<(Bindings, Option<Introspected>), Refusal> {
        let plan = &remembered.plan;
        let given = ask.variables.as_deref().map(|raw| Value::read(raw.get().as_bytes())).transpose();
        let given = given.map_err(|problem| refused(Complaint::new(format!("variables cannot be read: {problem}"))))?;
        let mut variables = bind(&plan.operation, given.as_ref())?;
        if let Some(said) = said {
            variables = variables.with(&said.literals);
        }
        let arguments = plan.arguments.iter().map(|arguments| arguments.bind(&variables).map_err(refused));
        let bindings = Bindings { arguments: arguments.collect::<Result<_, _>>()?, variables };
        self.check_pages(plan, &bindings)?;
        self.check_lookups(plan, &bindings)?;
        let introspection = match &remembered.introspected {
            Some(known) => Some(known.clone()),
            None => self.introspect(&plan.operation, &bindings.variables)?,
        };
        Ok((bindings, introspection))
    }

    async fn execute(
        &self,
        ask: &Ask,
        prepared: &Prepared,
        now: SystemTime,
        watch: Option<Arc<Watch>>,
        ledger: Option<Ledger>,
    ) -> (Bytes, usize, Option<Ledger>) {
        let Prepared { remembered, bindings, introspection } = prepared;
        let plan = &remembered.plan;
        let begun = Instant::now();
        let context = Context {
            catalog: &self.parts.catalog,
            sources: &self.parts.sources,
            cache: &self.parts.cache,
            lanes: &self.lanes,
            now,
            deadline: begun + self.time_for(ask),
            last_call: begun + self.parts.settings.deadline.0,
            headers: match plan.census.is_callers {
                true => Arc::new(header_lists(&ask.headers)),
                false => self.no_headers.clone(),
            },
            most_objects: self.parts.limits.objects,
            asker: Asker { number: self.requests.fetch_add(1, Ordering::Relaxed), headers: ask.headers.clone(), watch },
            ledger,
        };
        let group = fetch::run(&context, plan, bindings).await;
        let limits = &self.parts.limits;
        let introspected = introspection.iter().flat_map(|known| known.iter()).map(|(_, json)| json.len()).sum();
        let paper = Paper {
            catalog: &self.parts.catalog,
            bindings,
            now,
            introspection: introspection.as_deref().unwrap_or_default(),
            twins: remembered.twins(&ask.query),
            wants_coverage: ask.want_coverage,
            most_bytes: limits.answer_bytes.saturating_add(introspected),
            room_bytes: remembered.expected_length(),
        };
        let Some(group) = group else {
            return (self.given_up(format!("{} objects (limits.objects)", limits.objects)), 1, None);
        };
        let Some(written) = write(paper, plan, &group) else {
            return (self.given_up(format!("{} bytes (limits.answer_bytes)", limits.answer_bytes)), 1, None);
        };
        remembered.note_length(written.body.len());
        drop(group);
        self.sight.blame(&written.errors);
        (written.body.into(), written.errors.len(), context.ledger)
    }

    /// What is answered where an answer would have more of this than it may.
    fn given_up(&self, most: String) -> Bytes {
        let complaint = Complaint::new(format!("the answer would have more than {most}"));
        let refusal = Refusal { reason: Reason::LimitExceeded, complaints: vec![complaint] };
        self.sight.refused(refusal.reason);
        give_up(&refusal).into()
    }

    /// A page with a bad count or cursor is refused whole: half of it would look like an empty list.
    fn check_pages(&self, plan: &Plan, bindings: &Bindings) -> Result<(), Refusal> {
        for id in &plan.pagings {
            PageArguments::read(&bindings.arguments[id.0])
                .map_err(|problem| refused(Complaint::new(problem.to_string())))?;
        }
        Ok(())
    }

    fn check_lookups(&self, plan: &Plan, bindings: &Bindings) -> Result<(), Refusal> {
        let most = self.parts.settings.lookup_ids;
        for step in &plan.root.steps {
            let plan::StepKind::Keys { arguments, keys, many: true, .. } = &step.kind else { continue };
            for (argument, _) in keys {
                if let Some(Value::List(list)) = bindings.arguments[arguments.0].get(argument)
                    && list.len() > most
                {
                    let found = list.len();
                    let sentence = format!(
                        "argument \"{argument}\" has {found} entries, expected at most {most} (gateway.lookup_ids)"
                    );
                    return Err(refused(Complaint::new(sentence)));
                }
            }
        }
        Ok(())
    }
}

/// A question that nothing speaks against.
struct Prepared {
    remembered: Arc<Remembered>,
    bindings: Bindings,
    introspection: Option<Introspected>,
}

impl Said {
    /// What is asked, however it is written.
    fn question(&self, ask: &Ask) -> Question {
        Question::said(&self.whole, ask.operation_name.as_deref(), ask.variables.as_deref().map(RawValue::get))
    }
}

pub(super) fn refused(complaint: Complaint) -> Refusal {
    Refusal { reason: Reason::VariablesInvalid, complaints: vec![complaint] }
}

/// Headers as `$request.headers` shows them: name in lower case → list of values, those that are text.
fn header_lists(headers: &HeaderMap) -> Value<'static> {
    let lists = headers.keys().filter_map(|name| {
        let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let values: Vec<Value<'static>> = texts.map(|text| Value::Text(text.to_owned().into())).collect();
        (!values.is_empty()).then(|| (name.as_str().to_owned().into(), Value::List(values)))
    });
    Value::Object(lists.collect::<Object<'static>>())
}
