//! The naive evaluator: executes a question as the specification says, over what the departments hold, and tells what
//! went wrong as the table of the design says. No batches, no plans, no cache.

use std::collections::{BTreeMap, HashSet};

use apollo_compiler::Schema;
use apollo_compiler::ast::{self, DirectiveList};
use apollo_compiler::executable::{ExecutableDocument, Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use c360::demo::cast::Cast;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::departments::{self, DEPARTMENTS, Holding};
use super::held::{Held, Object, stub};
use super::mishaps::{Mishap, NARROW, Told};
use super::query::{Query, cursor};

/// Stands in expected answers where the time of a department's answer stands.
pub(super) const SOME_TIME: char = '\u{1}';
/// Stands there for its age in seconds.
pub(super) const SOME_AGE: char = '\u{2}';

/// How a department stands in a view, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    NotAsked,
    Fresh,
    NotLinked,
    Partial,
    Unavailable,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::NotAsked => "NOT_ASKED",
            Status::Fresh => "FRESH",
            Status::NotLinked => "NOT_LINKED",
            Status::Partial => "PARTIAL",
            Status::Unavailable => "UNAVAILABLE",
        }
    }
}

/// Something to be said of a department.
#[derive(Clone, Debug)]
struct Note {
    department: &'static str,
    status: Status,
    dated: bool,
    reason: Option<&'static str>,
    message: Option<String>,
}

/// What is to be told of a view: of its departments, and whether it is open if somebody exists.
#[derive(Clone, Debug, Default)]
struct Account {
    notes: Vec<Note>,
    unverified: bool,
}

impl Account {
    fn add(&mut self, other: &Account) {
        self.notes.extend(other.notes.iter().cloned());
        self.unverified |= other.unverified;
    }

    fn fresh(&mut self, department: &'static str) {
        self.notes.push(Note { department, status: Status::Fresh, dated: true, reason: None, message: None });
    }

    fn partial(&mut self, department: &'static str, reason: &'static str) {
        self.notes.push(Note {
            department,
            status: Status::Partial,
            dated: false,
            reason: Some(reason),
            message: None,
        });
    }
}

/// What one holding said of one object.
#[derive(Clone, Debug)]
enum Outcome {
    Found(Vec<(&'static str, Held)>),
    Absent,
    NotLinked,
    Failed(Told),
    Blocked(Told),
    NotAsked,
}

struct Step {
    holding: &'static Holding,
    fallback: bool,
    /// For each field that is read from it, whether it is a list.
    wanted: Vec<bool>,
    outcome: Outcome,
}

/// A value may not be null and is.
struct Carried;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Segment {
    Key(String),
    Index(usize),
}

/// Selections of one response key that are to be answered together.
type Fields<'d> = Vec<&'d Field>;

pub(super) struct Evaluator<'e> {
    cast: &'e Cast,
    schema: &'e Valid<Schema>,
    mishaps: &'e [Mishap],
    text: &'e str,
    document: &'e ExecutableDocument,
    variables: BTreeMap<String, Json>,
    path: Vec<Segment>,
    /// How much of the path lies outside all lists.
    outside: Option<usize>,
    errors: Vec<String>,
    told: HashSet<(Vec<Segment>, String, String, Option<String>)>,
}

/// The whole answer, with marks in the places of times.
pub(super) fn answer(schema: &Valid<Schema>, cast: &Cast, mishaps: &[Mishap], query: &Query) -> String {
    let document = ExecutableDocument::parse_and_validate(schema, &query.text, "query.graphql").unwrap();
    let operation = document.operations.iter().next().unwrap();
    let mut variables = BTreeMap::new();
    for variable in &operation.variables {
        let given = query.variables.get(variable.name.as_str()).cloned();
        let value = given.or_else(|| variable.default_value.as_ref().map(|value| literal(value, &BTreeMap::new())));
        variables.extend(value.map(|value| (variable.name.to_string(), value)));
    }
    let mut evaluator = Evaluator {
        cast,
        schema,
        mishaps,
        text: &query.text,
        document: &document,
        variables,
        path: Vec::new(),
        outside: None,
        errors: Vec::new(),
        told: HashSet::new(),
    };
    let mut account = Account::default();
    let data = evaluator.root(&operation.selection_set, &mut account);
    let mut out = format!("{{\"data\":{}", data.unwrap_or_else(|_| "null".to_owned()));
    if !evaluator.errors.is_empty() {
        out.push_str(&format!(",\"errors\":[{}]", evaluator.errors.join(",")));
    }
    if query.wants_coverage {
        let names = ["department", "title", "status", "asOf", "ageSeconds", "reason", "message"];
        let fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
        out.push_str(&format!(",\"extensions\":{{\"coverage\":{}}}", rows(&account, &fields)));
    }
    out.push('}');
    out
}

impl<'e> Evaluator<'e> {
    // — selections, as the specification collects them —

    fn collect(&self, ty: &str, sets: &[&'e SelectionSet]) -> IndexMap<String, Fields<'e>> {
        let mut fields = IndexMap::new();
        let mut spread = HashSet::new();
        sets.iter().for_each(|set| self.collect_one(ty, set, &mut spread, &mut fields));
        fields
    }

    fn collect_one(
        &self,
        ty: &str,
        set: &'e SelectionSet,
        spread: &mut HashSet<String>,
        fields: &mut IndexMap<String, Fields<'e>>,
    ) {
        for selection in &set.selections {
            if !self.is_wanted(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => fields.entry(field.response_key().to_string()).or_default().push(field),
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|condition| self.is_a(ty, condition)) {
                        self.collect_one(ty, &inline.selection_set, spread, fields);
                    }
                }
                Selection::FragmentSpread(named) => {
                    let fragment = &self.document.fragments[&named.fragment_name];
                    if spread.insert(named.fragment_name.to_string()) && self.is_a(ty, fragment.type_condition()) {
                        self.collect_one(ty, &fragment.selection_set, spread, fields);
                    }
                }
            }
        }
    }

    fn is_a(&self, ty: &str, condition: &str) -> bool {
        let implements = |ty: &ExtendedType| match ty {
            ExtendedType::Object(object) => object.implements_interfaces.iter().any(|name| name.name == *condition),
            _ => false,
        };
        ty == condition || implements(&self.schema.types[ty])
    }

    fn is_wanted(&self, directives: &DirectiveList) -> bool {
        let says = |name: &str| {
            let directive = directives.get(name)?;
            literal(directive.specified_argument_by_name("if")?, &self.variables).as_bool()
        };
        says("skip") != Some(true) && says("include") != Some(false)
    }

    fn argument(&self, field: &Field, name: &str) -> Json {
        field.specified_argument_by_name(name).map_or(Json::Null, |value| literal(value, &self.variables))
    }

    // — the ways in —

    fn root(&mut self, set: &'e SelectionSet, account: &mut Account) -> Result<String, Carried> {
        let mut out = Vec::new();
        for (key, fields) in self.collect("Query", &[set]) {
            self.path.push(Segment::Key(key.clone()));
            let value = self.way_in(&fields, account);
            self.path.pop();
            out.push(format!("{}:{value}", json!(key)));
        }
        Ok(format!("{{{}}}", out.join(",")))
    }

    fn way_in(&mut self, fields: &Fields<'e>, account: &mut Account) -> String {
        let field = fields[0];
        let sets = sets(fields);
        match field.name.as_str() {
            "__typename" => "\"Query\"".to_owned(),
            "customer" | "account" => {
                let ty = if field.name == "customer" { "Customer" } else { "Account" };
                self.looked_up(ty, &self.argument(field, "id"), &sets, account)
            }
            "customers" => {
                let ids = self.argument(field, "ids");
                // A single value stands for a list of one.
                let ids = if let Json::Array(ids) = ids { ids } else { vec![ids] };
                let outside = self.enter_list();
                let mut items = Vec::new();
                for (index, id) in ids.iter().enumerate() {
                    self.path.push(Segment::Index(index));
                    items.push(self.looked_up("Customer", id, &sets, account));
                    self.path.pop();
                }
                self.outside = outside;
                format!("[{}]", items.join(","))
            }
            "customersByEmail" => {
                if let Some(told) = self.asked_at_root("crmContactsByEmail", account) {
                    self.failed(field, "crmContactsByEmail", &told);
                    return "null".to_owned();
                }
                let email = self.argument(field, "email");
                let ids = departments::with_email(self.cast, email.as_str().unwrap());
                let stubs: Vec<Held> = ids.iter().map(|id| stub("Customer", Some(id))).collect();
                self.items(fields, &stubs, ROOT, account)
            }
            _ => self.all_customers(fields, account),
        }
    }

    fn looked_up(&mut self, ty: &'static str, id: &Json, sets: &[&'e SelectionSet], account: &mut Account) -> String {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let Held::Object(base) = stub(ty, Some(&id)) else { unreachable!("a stub with a key") };
        self.object(&base, None, true, sets, account).ok().flatten().unwrap_or_else(|| "null".to_owned())
    }

    /// Whether a question at the root fails. Both are asked of sales.
    fn asked_at_root(&self, name: &'static str, account: &mut Account) -> Option<Told> {
        let asked = Holding { name, ..at_root() };
        let told = self.mishaps.iter().find_map(|mishap| mishap.fails(&asked));
        match &told {
            Some(told) => account.notes.push(unavailable(told)),
            None => account.fresh("sales"),
        }
        told
    }

    fn all_customers(&mut self, fields: &Fields<'e>, account: &mut Account) -> String {
        const MOST: usize = 200;
        let field = fields[0];
        if let Some(told) = self.asked_at_root("crmCustomerPages", account) {
            self.failed(field, "crmCustomerPages", &told);
            return "null".to_owned();
        }
        let first = self.argument(field, "first").as_u64().map_or(MOST, |first| first as usize).min(MOST);
        let after = self.argument(field, "after");
        let mut ids = departments::known_customers(self.cast);
        ids.retain(|id| after.as_str().is_none_or(|after| id.as_str() > after));
        let page = Page {
            total: None,
            has_previous: after.is_string(),
            has_next: ids.len() > first,
            start: 0,
            items: ids.iter().take(first).map(|id| stub("Customer", Some(id))).collect(),
            cursor: |_, item| match item {
                Held::Object(object) => object.key("id").unwrap(),
                _ => String::new(),
            },
        };
        self.connection(fields, &page, ROOT, account)
    }

    // — objects —

    /// An object: `None` where it turned out not to be there.
    fn object(
        &mut self,
        base: &Object,
        from: Option<&'static Holding>,
        looked_up: bool,
        sets: &[&'e SelectionSet],
        account: &mut Account,
    ) -> Result<Option<String>, Carried> {
        let fields = self.collect(base.ty, sets);
        let key = base.key("id");
        let mut steps: Vec<Step> = Vec::new();
        let mut sources: Vec<Vec<usize>> = Vec::new();
        for fields in fields.values() {
            sources.push(self.steps(base, fields[0], key.as_deref(), &mut steps));
        }
        let there = self.is_there(base, looked_up, key.as_deref(), &mut steps);
        let mut own = Account { notes: steps.iter().filter_map(note).collect(), unverified: there == There::Unknown };
        if there == There::Gone {
            if looked_up {
                account.add(&own);
            }
            // A stub that its own register does not know is left out: that register's part is not whole.
            let denied = steps.iter().filter(|step| {
                departments::registers(base.ty).contains(&step.holding.name) && matches!(step.outcome, Outcome::Absent)
            });
            for step in denied.filter(|_| !looked_up) {
                let department = step.holding.department;
                account.notes.push(Note {
                    department,
                    status: Status::Partial,
                    dated: false,
                    reason: None,
                    message: None,
                });
            }
            return Ok(None);
        }
        let mut members: Vec<(String, Option<String>, Fields<'e>)> = Vec::new();
        let mut carried = false;
        for ((name, fields), sources) in fields.into_iter().zip(sources) {
            self.path.push(Segment::Key(name.clone()));
            let value = match fields[0].name.as_str() {
                "coverage" => Ok(None),
                "__typename" => Ok(Some(json!(base.ty).to_string())),
                _ => self.field(base, from, &fields, &sources, &steps, &mut own).map(Some),
            };
            self.path.pop();
            match value {
                Ok(value) => members.push((name, value, fields)),
                Err(Carried) => {
                    carried = true;
                    break;
                }
            }
        }
        account.add(&own);
        if carried {
            return Err(Carried);
        }
        let mut out = Vec::new();
        for (name, value, fields) in members {
            let value = value.unwrap_or_else(|| self.coverage(&fields, &own));
            out.push(format!("{}:{value}", json!(name)));
        }
        Ok(Some(format!("{{{}}}", out.join(","))))
    }

    /// Asks whoever has a field. Which steps it is then read from, the preferred one first.
    fn steps(&self, base: &Object, field: &Field, key: Option<&str>, steps: &mut Vec<Step>) -> Vec<usize> {
        let name = field.name.as_str();
        if base.get(name).is_some() || matches!(name, "__typename" | "coverage") {
            return Vec::new();
        }
        let is_list = field.ty().is_list() || field.ty().inner_named_type().ends_with("Connection");
        if let Some(order) = departments::preference(base.ty, name) {
            let mut chain: Vec<usize> = Vec::new();
            for name in order {
                let holding = departments::named(name);
                let fallback = !chain.is_empty();
                let found = chain.iter().any(|&step| matches!(steps[step].outcome, Outcome::Found(_)));
                let step = self.step(holding, fallback, !found, key, steps);
                steps[step].wanted.push(is_list);
                chain.push(step);
            }
            return chain;
        }
        let Some(holding) = departments::of(base.ty, name) else { return Vec::new() };
        let step = self.step(holding, false, true, key, steps);
        steps[step].wanted.push(is_list);
        vec![step]
    }

    /// Asks a holding, and first the one that knows the department's id; each once as what it is.
    fn step(
        &self,
        holding: &'static Holding,
        fallback: bool,
        is_asked: bool,
        key: Option<&str>,
        steps: &mut Vec<Step>,
    ) -> usize {
        let known = steps.iter().position(|step| step.holding.name == holding.name && step.fallback == fallback);
        if let Some(known) = known {
            return known;
        }
        let outcome = match (is_asked, holding.after) {
            (false, _) => Outcome::NotAsked,
            (true, None) => self.ask(holding, key),
            (true, Some(needed)) => {
                let needed = self.step(departments::named(needed), false, true, key, steps);
                match &steps[needed].outcome {
                    Outcome::Found(_) => self.ask(holding, key),
                    Outcome::Failed(told) | Outcome::Blocked(told) => Outcome::Blocked(told.clone()),
                    Outcome::Absent | Outcome::NotLinked | Outcome::NotAsked => Outcome::NotLinked,
                }
            }
        };
        steps.push(Step { holding, fallback, wanted: Vec::new(), outcome });
        steps.len() - 1
    }

    fn ask(&self, holding: &'static Holding, key: Option<&str>) -> Outcome {
        let Some(key) = key else { return Outcome::NotLinked };
        if let Some(told) = self.mishaps.iter().find_map(|mishap| mishap.fails(holding)) {
            return Outcome::Failed(told);
        }
        match (holding.look)(self.cast, key) {
            Some(mut fields) => {
                self.mishaps.iter().for_each(|mishap| mishap.bend(holding, &mut fields));
                Outcome::Found(fields)
            }
            None => Outcome::Absent,
        }
    }

    fn is_there(&self, base: &Object, looked_up: bool, key: Option<&str>, steps: &mut Vec<Step>) -> There {
        let registers = departments::registers(base.ty);
        let found = |steps: &[Step]| steps.iter().any(|step| matches!(step.outcome, Outcome::Found(_)));
        let failed =
            |steps: &[Step]| steps.iter().any(|step| matches!(step.outcome, Outcome::Failed(_) | Outcome::Blocked(_)));
        if looked_up {
            if !found(steps) {
                for register in registers {
                    self.step(departments::named(register), false, true, key, steps);
                }
            }
            return match (found(steps), failed(steps)) {
                (true, _) => There::Present,
                (false, true) => There::Unknown,
                (false, false) => There::Gone,
            };
        }
        let is_stub = !registers.is_empty() && base.fields.len() == 1;
        let denied =
            steps.iter().any(|step| registers.contains(&step.holding.name) && matches!(step.outcome, Outcome::Absent));
        if is_stub && denied && !found(steps) && !failed(steps) { There::Gone } else { There::Present }
    }

    fn field(
        &mut self,
        base: &Object,
        from: Option<&'static Holding>,
        fields: &Fields<'e>,
        sources: &[usize],
        steps: &[Step],
        account: &mut Account,
    ) -> Result<String, Carried> {
        let name = fields[0].name.as_str();
        if sources.is_empty() {
            if let Some(from) = from {
                account.fresh(from.department);
            }
            return self.complete(
                base.ty,
                fields,
                base.get(name).unwrap_or(&Held::Null),
                from.unwrap_or(ROOT),
                account,
            );
        }
        let sources = || sources.iter().map(|&source| &steps[source]);
        for step in sources() {
            if let Outcome::Found(held) = &step.outcome {
                let held = held.iter().find(|(known, _)| *known == name).map_or(&Held::Null, |(_, held)| held);
                return self.complete(base.ty, fields, held, step.holding, account);
            }
        }
        for step in sources() {
            if let Outcome::Failed(told) | Outcome::Blocked(told) = &step.outcome {
                self.failed(fields[0], step.holding.name, told);
                return Ok("null".to_owned());
            }
        }
        if sources().any(|step| matches!(step.outcome, Outcome::Absent)) {
            if is_connection(fields[0]) {
                return Ok(self.connection(fields, &Page::empty(), ROOT, account));
            }
            if fields[0].ty().is_list() {
                return Ok("[]".to_owned());
            }
        }
        Ok("null".to_owned())
    }

    // — values —

    fn complete(
        &mut self,
        ty: &str,
        fields: &Fields<'e>,
        held: &Held,
        from: &'static Holding,
        account: &mut Account,
    ) -> Result<String, Carried> {
        let field = fields[0];
        match held {
            Held::Null if is_connection(field) => Ok(self.connection(fields, &Page::empty(), from, account)),
            Held::Null if field.ty().is_non_null() => {
                self.misfit(field, from, account);
                Err(Carried)
            }
            Held::Null => Ok("null".to_owned()),
            Held::Misfit => {
                self.misfit(field, from, account);
                if field.ty().is_non_null() { Err(Carried) } else { Ok("null".to_owned()) }
            }
            Held::Leaf(json) => Ok(json.clone()),
            Held::Object(object) => match self.object(object, Some(from), false, &sets(fields), account) {
                Ok(Some(text)) => Ok(text),
                Ok(None) | Err(Carried) => Ok("null".to_owned()),
            },
            Held::List(items) if is_connection(field) => {
                let kept = self.kept(ty, &field.name).min(items.len());
                if kept < items.len() {
                    account.partial(from.department, "LIST_CAPPED");
                }
                let page = self.page(field, &items[..kept], kept < items.len());
                Ok(self.connection(fields, &page, from, account))
            }
            Held::List(items) => Ok(self.items(fields, items, from, account)),
        }
    }

    /// How many items of a list are kept.
    fn kept(&self, ty: &str, field: &str) -> usize {
        let narrow = self.mishaps.iter().any(|mishap| matches!(mishap, Mishap::Narrow));
        let kept = NARROW.iter().find(|(known, name, _)| narrow && *known == ty && *name == field);
        kept.map_or(usize::MAX, |(.., kept)| *kept)
    }

    /// A plain list of non-null items: what does not fit is left out.
    fn items(&mut self, fields: &Fields<'e>, items: &[Held], from: &'static Holding, account: &mut Account) -> String {
        if items.iter().any(|item| matches!(item, Held::Misfit)) {
            self.misfit(fields[0], from, account);
        }
        let outside = self.enter_list();
        let mut out = Vec::new();
        for item in items {
            self.path.push(Segment::Index(out.len()));
            match item {
                Held::Leaf(json) => out.push(json.clone()),
                Held::Object(object) => {
                    let from = (from.name != ROOT.name).then_some(from);
                    out.extend(self.object(object, from.or(Some(ROOT)), false, &sets(fields), account).ok().flatten());
                }
                Held::Null | Held::Misfit | Held::List(_) => {}
            }
            self.path.pop();
        }
        self.outside = outside;
        format!("[{}]", out.join(","))
    }

    /// The page that a connection's arguments ask for.
    fn page(&self, field: &Field, items: &[Held], cut: bool) -> Page {
        let count = |name: &str| self.argument(field, name).as_u64().map(|count| count as usize);
        // The cursors asked with have no id: they mean a place.
        let place = |name: &str| {
            use base64::Engine as _;
            let cursor = self.argument(field, name);
            let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor.as_str()?).unwrap();
            String::from_utf8(text).unwrap().trim_end_matches(':').parse::<usize>().ok()
        };
        let mut range: Vec<usize> = (0..items.len()).collect();
        range.retain(|position| place("after").is_none_or(|after| *position > after));
        range.retain(|position| place("before").is_none_or(|before| *position < before));
        if let Some(first) = count("first") {
            range.truncate(first);
        }
        if let Some(last) = count("last") {
            range.drain(..range.len().saturating_sub(last));
        }
        // An empty page stands where its first item would stand.
        let after = place("after").map_or(0, |after| after + 1).min(items.len());
        let before = place("before").unwrap_or(items.len()).min(items.len()).max(after);
        let end = count("first").map_or(before, |first| before.min(after + first));
        let start = count("last").map_or(after, |last| after.max(end.saturating_sub(last)));
        Page {
            total: (!cut).then_some(items.len()),
            has_previous: start > 0,
            has_next: end < items.len() || cut,
            start,
            items: range.into_iter().map(|position| items[position].clone()).collect(),
            cursor: |position, item| {
                let id = match item {
                    Held::Object(object) => object.get("id").cloned().unwrap_or_default(),
                    _ => Held::Null,
                };
                cursor(position, &if let Held::Leaf(json) = id { json } else { String::new() })
            },
        }
    }

    fn connection(
        &mut self,
        fields: &Fields<'e>,
        page: &Page,
        from: &'static Holding,
        account: &mut Account,
    ) -> String {
        let ty = fields[0].ty().inner_named_type().to_string();
        let mut out = Vec::new();
        for (key, fields) in self.collect(&ty, &sets(fields)) {
            self.path.push(Segment::Key(key.clone()));
            let value = match fields[0].name.as_str() {
                "nodes" => self.nodes(&sets(&fields), page, from, account),
                "edges" => self.edges(&fields, page, from, account),
                "pageInfo" => self.page_info(&fields, page),
                "totalCount" => page.total.map_or("null".to_owned(), |total| total.to_string()),
                _ => json!(ty).to_string(),
            };
            self.path.pop();
            out.push(format!("{}:{value}", json!(key)));
        }
        format!("{{{}}}", out.join(","))
    }

    fn nodes(
        &mut self,
        sets: &[&'e SelectionSet],
        page: &Page,
        from: &'static Holding,
        account: &mut Account,
    ) -> String {
        let outside = self.enter_list();
        let mut out = Vec::new();
        for item in &page.items {
            self.path.push(Segment::Index(out.len()));
            out.extend(self.node(item, sets, from, account));
            self.path.pop();
        }
        self.outside = outside;
        format!("[{}]", out.join(","))
    }

    fn node(
        &mut self,
        item: &Held,
        sets: &[&'e SelectionSet],
        from: &'static Holding,
        account: &mut Account,
    ) -> Option<String> {
        let Held::Object(object) = item else { return None };
        self.object(object, Some(from), false, sets, account).ok().flatten()
    }

    /// An edge whose node is left out is left out with it.
    fn edges(&mut self, fields: &Fields<'e>, page: &Page, from: &'static Holding, account: &mut Account) -> String {
        let ty = fields[0].ty().inner_named_type().to_string();
        let outside = self.enter_list();
        let mut out = Vec::new();
        for (offset, item) in page.items.iter().enumerate() {
            self.path.push(Segment::Index(out.len()));
            let mut edge = Vec::new();
            let mut whole = true;
            for (key, fields) in self.collect(&ty, &sets(fields)) {
                self.path.push(Segment::Key(key.clone()));
                let value = match fields[0].name.as_str() {
                    "node" => self.node(item, &sets(&fields), from, account).unwrap_or_else(|| {
                        whole = false;
                        String::new()
                    }),
                    "cursor" => json!((page.cursor)(page.start + offset, item)).to_string(),
                    _ => json!(ty).to_string(),
                };
                self.path.pop();
                edge.push(format!("{}:{value}", json!(key)));
            }
            self.path.pop();
            if whole {
                out.push(format!("{{{}}}", edge.join(",")));
            }
        }
        self.outside = outside;
        format!("[{}]", out.join(","))
    }

    fn page_info(&self, fields: &Fields<'e>, page: &Page) -> String {
        let cursor = |offset: Option<usize>| match offset.and_then(|offset| Some((offset, page.items.get(offset)?))) {
            Some((offset, item)) => json!((page.cursor)(page.start + offset, item)),
            None => Json::Null,
        };
        let members = self.collect("PageInfo", &sets(fields)).into_iter().map(|(key, fields)| {
            let value = match fields[0].name.as_str() {
                "hasNextPage" => json!(page.has_next),
                "hasPreviousPage" => json!(page.has_previous),
                "startCursor" => cursor(Some(0)),
                "endCursor" => cursor(page.items.len().checked_sub(1)),
                _ => json!("PageInfo"),
            };
            format!("{}:{value}", json!(key))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    // — what is told —

    fn coverage(&self, fields: &Fields<'e>, account: &Account) -> String {
        let fields = self.collect("Coverage", &sets(fields));
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(key, fields)| (key.as_str(), fields[0].name.as_str())).collect();
        rows(account, &fields)
    }

    fn enter_list(&mut self) -> Option<usize> {
        let before = self.outside;
        self.outside.get_or_insert(self.path.len());
        before
    }

    /// A call that failed. `holding` has the field; another one may be what failed.
    fn failed(&mut self, field: &Field, holding: &str, told: &Told) {
        let mut extensions =
            vec![("code", json!(told.code)), ("department", json!(told.department)), ("connector", json!(holding))];
        if told.holding != holding {
            extensions.push(("blockedBy", json!(told.holding)));
        }
        extensions.extend(told.status.map(|status| ("status", json!(status))));
        self.tell(field, holding, told.code, None, &told.message, &extensions);
    }

    fn misfit(&mut self, field: &Field, from: &'static Holding, account: &mut Account) {
        account.partial(from.department, "MAPPING_INVALID");
        let name = field.name.to_string();
        let extensions = [
            ("code", json!("MAPPING_INVALID")),
            ("department", json!(from.department)),
            ("connector", json!(from.name)),
            ("field", json!(name)),
        ];
        let message = format!("{} gave a value that does not fit the contract's type of {name}", from.department);
        self.tell(field, from.name, "MAPPING_INVALID", Some(name), &message, &extensions);
    }

    /// Once for an object, or for all items of a list.
    fn tell(
        &mut self,
        field: &Field,
        holding: &str,
        code: &str,
        name: Option<String>,
        message: &str,
        extensions: &[(&str, Json)],
    ) {
        // Fields of the root have nothing in common but the question.
        let object = if self.path.len() == 1 { 1 } else { self.path.len() - 1 };
        let ancestor = self.path[..self.outside.unwrap_or(object)].to_vec();
        if !self.told.insert((ancestor, holding.to_owned(), code.to_owned(), name)) {
            return;
        }
        let path = self.path[..self.outside.unwrap_or(self.path.len())].iter().map(|segment| match segment {
            Segment::Key(key) => json!(key).to_string(),
            Segment::Index(index) => index.to_string(),
        });
        let path: Vec<String> = path.collect();
        let before = &self.text[..field.name.location().unwrap().offset()];
        let before = match &field.alias {
            Some(alias) => &self.text[..alias.location().unwrap().offset()],
            None => before,
        };
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        let extensions: Vec<String> = extensions.iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
        self.errors.push(format!(
            "{{\"message\":{},\"locations\":[{{\"line\":{line},\"column\":{column}}}],\"path\":[{}],\"extensions\":{{{}}}}}",
            json!(message),
            path.join(","),
            extensions.join(",")
        ));
    }
}

/// Whether an object is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Present,
    Gone,
    Unknown,
}

/// What a connection shows.
struct Page {
    total: Option<usize>,
    has_previous: bool,
    has_next: bool,
    /// Place of the first item in the whole list.
    start: usize,
    items: Vec<Held>,
    cursor: fn(usize, &Held) -> String,
}

impl Page {
    fn empty() -> Page {
        Page {
            total: Some(0),
            has_previous: false,
            has_next: false,
            start: 0,
            items: Vec::new(),
            cursor: |_, _| String::new(),
        }
    }
}

const fn at_root() -> Holding {
    Holding { name: "", ty: "Query", department: "sales", fields: &[], after: None, look: |_, _| None }
}

static ROOT_HOLDING: Holding = at_root();
/// Lists at the root are given by sales.
const ROOT: &Holding = &ROOT_HOLDING;

fn sets<'d>(fields: &Fields<'d>) -> Vec<&'d SelectionSet> {
    fields.iter().map(|field| &field.selection_set).collect()
}

fn is_connection(field: &Field) -> bool {
    field.ty().inner_named_type().ends_with("Connection")
}

fn unavailable(told: &Told) -> Note {
    Note {
        department: told.department,
        status: Status::Unavailable,
        dated: false,
        reason: Some(told.code),
        message: Some(told.message.clone()),
    }
}

fn note(step: &Step) -> Option<Note> {
    let department = step.holding.department;
    let said = |status, dated| Some(Note { department, status, dated, reason: None, message: None });
    match &step.outcome {
        Outcome::Found(_) => said(Status::Fresh, true),
        Outcome::Absent if !step.wanted.is_empty() && step.wanted.iter().all(|is_list| *is_list) => {
            said(Status::Fresh, true)
        }
        Outcome::Absent => said(Status::NotLinked, true),
        Outcome::NotLinked => said(Status::NotLinked, false),
        Outcome::Failed(told) => Some(unavailable(told)),
        Outcome::Blocked(_) | Outcome::NotAsked => None,
    }
}

/// One row per department, the worst of what is to be said of it, and one for the identity where that is open.
fn rows(account: &Account, fields: &[(&str, &str)]) -> String {
    let mut rows: Vec<String> = DEPARTMENTS
        .iter()
        .map(|(name, title)| {
            let notes = || account.notes.iter().filter(|note| note.department == *name);
            let worst = notes().map(|note| note.status).max().unwrap_or(Status::NotAsked);
            let first = notes().find(|note| note.status == worst);
            let dated = notes().any(|note| note.dated);
            row(fields, name, title, worst.name(), dated, first)
        })
        .collect();
    if account.unverified {
        rows.push(row(fields, "identity", "Identity", "UNVERIFIED", false, None));
    }
    format!("[{}]", rows.join(","))
}

fn row(fields: &[(&str, &str)], name: &str, title: &str, status: &str, dated: bool, note: Option<&Note>) -> String {
    let members = fields.iter().map(|(key, field)| {
        let value = match *field {
            "department" => json!(name).to_string(),
            "title" => json!(title).to_string(),
            "status" => json!(status).to_string(),
            "asOf" if dated => SOME_TIME.to_string(),
            "ageSeconds" if dated => SOME_AGE.to_string(),
            "reason" => json!(note.and_then(|note| note.reason)).to_string(),
            "message" => json!(note.and_then(|note| note.message.as_deref())).to_string(),
            "__typename" => "\"Coverage\"".to_owned(),
            _ => "null".to_owned(),
        };
        format!("{}:{value}", json!(key))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn literal(value: &ast::Value, variables: &BTreeMap<String, Json>) -> Json {
    match value {
        ast::Value::Boolean(flag) => json!(flag),
        ast::Value::Int(number) => json!(number.try_to_f64().unwrap() as i64),
        ast::Value::String(text) => json!(text),
        ast::Value::List(items) => items.iter().map(|item| literal(item, variables)).collect(),
        ast::Value::Variable(name) => variables.get(name.as_str()).cloned().unwrap_or(Json::Null),
        _ => Json::Null,
    }
}
