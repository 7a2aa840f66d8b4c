//! Coverage: which departments an object's view contains, how fresh each is, what is missing and why.

use std::time::SystemTime;

use jiff::Timestamp;

use super::Paper;
use super::writer::{Base, Had, had};
use crate::catalog::{Catalog, ConnectorId, DepartmentId};
use crate::fetch::{Group, Held, Outcome, Presence, window};
use crate::mapping::Value;
use crate::operation::Conditions;
use crate::plan::{
    ConnectionEntry, ConnectionKind, ConnectionShape, EdgeEntry, EdgeKind, Entry, Existence, Feed, Form, Stage, Stages,
    StepKind,
};
use crate::record::{Code, Content, Fresh, View};

/// The fields of the type `Coverage`, as the contract declares them.
pub const COVERAGE_FIELDS: [&str; 7] = ["department", "title", "status", "asOf", "ageSeconds", "reason", "message"];

/// How much of a department is in the view, from best to worst: a department shows the worst of its connectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoverageStatus {
    /// Nothing of it was asked for.
    NotAsked,
    /// Called for this answer.
    Fresh,
    /// From the cache, within its `maxAge`.
    Cached,
    /// The customer is not linked to that system.
    NotLinked,
    /// From the cache, past its `maxAge`.
    Stale,
    /// Something of it was cut, dropped or did not fit the contract.
    Partial,
    /// It could not be had.
    Unavailable,
    /// No system could say whether the object exists, and one could not be asked.
    Unverified,
}

impl CoverageStatus {
    /// Every status, best first.
    pub const ALL: [CoverageStatus; 8] = [
        CoverageStatus::NotAsked,
        CoverageStatus::Fresh,
        CoverageStatus::Cached,
        CoverageStatus::NotLinked,
        CoverageStatus::Stale,
        CoverageStatus::Partial,
        CoverageStatus::Unavailable,
        CoverageStatus::Unverified,
    ];

    /// The enum value as clients see it.
    pub fn as_str(self) -> &'static str {
        match self {
            CoverageStatus::NotAsked => "NOT_ASKED",
            CoverageStatus::Fresh => "FRESH",
            CoverageStatus::Cached => "CACHED",
            CoverageStatus::NotLinked => "NOT_LINKED",
            CoverageStatus::Stale => "STALE",
            CoverageStatus::Partial => "PARTIAL",
            CoverageStatus::Unavailable => "UNAVAILABLE",
            CoverageStatus::Unverified => "UNVERIFIED",
        }
    }
}

impl From<Fresh> for CoverageStatus {
    fn from(fresh: Fresh) -> CoverageStatus {
        match fresh {
            Fresh::Fresh => CoverageStatus::Fresh,
            Fresh::Cached => CoverageStatus::Cached,
            Fresh::Stale => CoverageStatus::Stale,
        }
    }
}

/// Why a list that was cut is partial.
const LIST_CAPPED: &str = "LIST_CAPPED";

/// What is known of one department.
#[derive(Clone)]
struct Row {
    status: CoverageStatus,
    as_of: Option<SystemTime>,
    reason: Option<&'static str>,
    message: Option<String>,
}

/// One row per department, by [`DepartmentId`], and whether the object's existence is open.
struct Account<'a> {
    paper: Paper<'a>,
    rows: Vec<Row>,
    unverified: bool,
}

impl<'a> Account<'a> {
    fn new(paper: Paper<'a>) -> Account<'a> {
        let row = Row { status: CoverageStatus::NotAsked, as_of: None, reason: None, message: None };
        Account { paper, rows: vec![row; paper.catalog.departments.len()], unverified: false }
    }

    /// The worst status wins, the oldest time wins.
    fn note(
        &mut self,
        department: DepartmentId,
        status: CoverageStatus,
        as_of: Option<SystemTime>,
        reason: Option<&'static str>,
        message: Option<&str>,
    ) {
        let row = &mut self.rows[usize::from(department.0)];
        if status > row.status {
            row.status = status;
            row.reason = reason;
            row.message = message.map(str::to_owned);
        }
        row.as_of = match (row.as_of, as_of) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
    }

    /// Everything that was fetched for one object, and for what stands below it.
    fn object(&mut self, stage: &Stage, group: &Group<'_>, index: usize, base: Option<Base<'_>>) {
        self.unverified |= group.presence(index) == Presence::Unverified;
        for (position, step) in stage.steps.iter().enumerate() {
            self.step(stage, group, index, position, &step.entries);
        }
        for entry in &stage.entries {
            if !entry.when.hold(&self.paper.bindings.variables) {
                continue;
            }
            if let (Feed::Base { .. }, Some(given)) = (&entry.from, group.bases[index].as_ref().and_then(Held::given)) {
                let department = self.paper.catalog.connector(given.connector).department;
                self.note(department, given.fresh.into(), Some(given.as_of), None, None);
            }
            if let Had::Content(content, Some(connector)) = had(self.paper, stage, Some(group), index, base, entry) {
                self.content(entry, connector, content);
            }
            if let Form::Objects { stages, .. } = &entry.form {
                self.below(stages, group, index);
            }
            if let Form::Connection(shape) = &entry.form {
                for member in &shape.entries {
                    // What is not wanted was not fetched.
                    match &member.kind {
                        ConnectionKind::Nodes(stages) => self.below(stages, group, index),
                        ConnectionKind::Edges(_, edges) => edges.iter().for_each(|edge| {
                            if let EdgeKind::Node(stages) = &edge.kind {
                                self.below(stages, group, index);
                            }
                        }),
                        _ => {}
                    }
                }
            }
        }
    }

    fn step(&mut self, stage: &Stage, group: &Group<'_>, index: usize, position: usize, entries: &[usize]) {
        let StepKind::Call { connector, .. } = &stage.steps[position].kind else { return };
        let connector = self.paper.catalog.connector(*connector);
        let wanted: Vec<&Entry> = entries
            .iter()
            .map(|&entry| &stage.entries[entry])
            .filter(|entry| entry.when.hold(&self.paper.bindings.variables))
            .collect();
        let department = connector.department;
        match group.outcome(position, index) {
            Outcome::Found { record, fresh, as_of } => {
                self.note(department, (*fresh).into(), Some(*as_of), None, None);
                if record.is_doubled() {
                    self.note(department, CoverageStatus::Partial, None, Some(Code::DuplicateKey.as_str()), None);
                }
            }
            Outcome::Absent { fresh, as_of } => {
                let lists_only = !wanted.is_empty() && wanted.iter().all(|entry| entry.form.is_list());
                let status = if lists_only { (*fresh).into() } else { CoverageStatus::NotLinked };
                let status = if *fresh == Fresh::Stale { CoverageStatus::Stale } else { status };
                self.note(department, status, Some(*as_of), None, None);
            }
            Outcome::NotLinked => self.note(department, CoverageStatus::NotLinked, None, None, None),
            Outcome::Failed(failure) => {
                let reason = Some(failure.code.as_str());
                self.note(department, CoverageStatus::Unavailable, None, reason, Some(&failure.public));
            }
            // The department that failed has its own row already.
            Outcome::Blocked(_) | Outcome::NotAsked => {}
        }
    }

    /// Looks for cuts and misfits among what is written of a content.
    fn content(&mut self, entry: &Entry, connector: ConnectorId, content: Content<'_>) {
        let department = self.paper.catalog.connector(connector).department;
        if let Some(reason) = self.defect(&entry.form, 0, content) {
            self.note(department, CoverageStatus::Partial, None, Some(reason), None);
        }
    }

    /// `depth` is how many lists the content stands in.
    fn defect(&self, form: &Form, depth: usize, content: Content<'_>) -> Option<&'static str> {
        match content {
            Content::Invalid => Some(Code::MappingInvalid.as_str()),
            Content::Null => (!may_be_null(form, depth)).then_some(Code::MappingInvalid.as_str()),
            Content::Json(_) => None,
            Content::Object(view) => match form {
                Form::Objects { stages, .. } => self.defect_of_object(stages, view),
                Form::Connection(shape) => self.members(shape).find_map(|member| match &member.kind {
                    ConnectionKind::Nodes(stages) => self.defect_of_object(stages, view),
                    ConnectionKind::Edges(_, edges) => self.nodes(edges).find_map(|of| self.defect_of_object(of, view)),
                    _ => None,
                }),
                Form::Leaf { .. } | Form::Coverage(_) => None,
            },
            Content::List(items) => {
                if items.is_cut() {
                    return Some(LIST_CAPPED);
                }
                if items.has_dropped() {
                    return Some(Code::MappingInvalid.as_str());
                }
                // What a page does not show is no part of this view.
                let shown = match form {
                    Form::Connection(shape) => {
                        window(&self.paper.bindings.arguments[shape.paging.arguments.0], &shape.paging, items).range
                    }
                    _ => 0..items.len(),
                };
                shown.into_iter().find_map(|position| self.defect(form, depth + 1, items.get(position)))
            }
        }
    }

    /// The members of a connection that this request wants.
    fn members<'s>(&self, shape: &'s ConnectionShape) -> impl Iterator<Item = &'s ConnectionEntry> {
        let variables = &self.paper.bindings.variables;
        shape.entries.iter().filter(|member| member.when.hold(variables))
    }

    /// What is wanted of the nodes of edges.
    fn nodes<'s>(&self, edges: &'s [EdgeEntry]) -> impl Iterator<Item = &'s Stages> {
        let variables = &self.paper.bindings.variables;
        edges.iter().filter(|edge| edge.when.hold(variables)).filter_map(|edge| match &edge.kind {
            EdgeKind::Node(stages) => Some(&**stages),
            _ => None,
        })
    }

    fn defect_of_object(&self, stages: &Stages, view: View<'_>) -> Option<&'static str> {
        let (_, stage) = stages.of(view.layout())?;
        stage.entries.iter().filter(|entry| entry.when.hold(&self.paper.bindings.variables)).find_map(|entry| {
            match entry.from {
                Feed::Base { slot } => self.defect(&entry.form, 0, view.slot(slot)),
                _ => None,
            }
        })
    }

    /// What was fetched for the objects below one object's entry.
    fn below(&mut self, stages: &Stages, group: &Group<'_>, index: usize) {
        let Some(child) = stages.child.and_then(|child| group.children[child].as_ref()) else { return };
        let start = child.starts.get(index).copied().unwrap_or(0);
        let end = child.starts.get(index + 1).copied().unwrap_or(child.items.len());
        for (ty, position) in child.items[start..end].iter().flatten() {
            let stage = &stages.per_type[*ty];
            if let Some(Existence { deciding, stub: true, .. }) = &stage.existence
                && child.groups[*ty].presence(*position) == Presence::Gone
            {
                self.dropped(stage, deciding, &child.groups[*ty], *position);
                continue;
            }
            let base = child.groups[*ty].bases[*position]
                .as_ref()
                .map(|held| Base { view: held.view(), connector: held.given().map(|given| given.connector) });
            self.object(stage, &child.groups[*ty], *position, base);
        }
    }

    /// A stub that its own system does not know was left out: that system's part is not whole.
    fn dropped(&mut self, stage: &Stage, deciding: &[usize], group: &Group<'_>, index: usize) {
        for &step in deciding {
            if let (StepKind::Call { connector, .. }, Outcome::Absent { .. }) =
                (&stage.steps[step].kind, group.outcome(step, index))
            {
                let department = self.paper.catalog.connector(*connector).department;
                self.note(department, CoverageStatus::Partial, None, None, None);
            }
        }
    }
}

/// Whether the contract allows null inside so many lists. A connection without a list is empty.
fn may_be_null(form: &Form, depth: usize) -> bool {
    match form {
        Form::Leaf { nullable } | Form::Objects { nullable, .. } => nullable.get(depth).copied().unwrap_or(true),
        Form::Connection(_) | Form::Coverage(_) => true,
    }
}

/// Writes one object's coverage: a row per department in order of declaration, then, where the object's existence is
/// open, one for its identity.
pub(super) fn rows(
    out: &mut Vec<u8>,
    paper: Paper<'_>,
    stage: &Stage,
    group: &Group<'_>,
    index: usize,
    base: Option<Base<'_>>,
    fields: &[(String, String, Conditions)],
) {
    let mut account = Account::new(paper);
    account.object(stage, group, index, base);
    write(out, &account, fields);
}

/// Appends `,"extensions":{"coverage":[…]}` for the whole answer.
pub(super) fn extension(out: &mut Vec<u8>, paper: Paper<'_>, root: &Stage, group: &Group<'_>) {
    let mut account = Account::new(paper);
    account.object(root, group, 0, None);
    let fields: Vec<(String, String, Conditions)> = COVERAGE_FIELDS
        .iter()
        .map(|field| (format!("\"{field}\":"), (*field).to_owned(), Conditions::default()))
        .collect();
    out.extend_from_slice(b",\"extensions\":{\"coverage\":");
    write(out, &account, &fields);
    out.push(b'}');
}

fn write(out: &mut Vec<u8>, account: &Account<'_>, fields: &[(String, String, Conditions)]) {
    let identity = Row { status: CoverageStatus::Unverified, as_of: None, reason: None, message: None };
    let catalog: &Catalog = account.paper.catalog;
    let departments = catalog
        .departments
        .iter()
        .zip(&account.rows)
        .map(|(department, row)| (department.name.as_str(), department.title.as_str(), row));
    let identity = account.unverified.then_some(("identity", "Identity", &identity));
    let mut separator = b'[';
    for (name, title, row) in departments.chain(identity) {
        out.push(separator);
        separator = b',';
        row_of(out, account.paper, name, title, row, fields);
    }
    if separator == b'[' {
        out.push(b'[');
    }
    out.push(b']');
}

fn row_of(
    out: &mut Vec<u8>,
    paper: Paper<'_>,
    name: &str,
    title: &str,
    row: &Row,
    fields: &[(String, String, Conditions)],
) {
    let text = |out: &mut Vec<u8>, text: Option<&str>| match text {
        Some(text) => Value::Text(text.into()).write(out),
        None => out.extend_from_slice(b"null"),
    };
    let mut separator = b'{';
    for (literal, field, _) in fields.iter().filter(|(_, _, when)| when.hold(&paper.bindings.variables)) {
        out.push(separator);
        separator = b',';
        out.extend_from_slice(literal.as_bytes());
        match field.as_str() {
            "department" => text(out, Some(name)),
            "title" => text(out, Some(title)),
            "status" => text(out, Some(row.status.as_str())),
            "asOf" => text(out, row.as_of.and_then(seconds_utc).as_deref()),
            "ageSeconds" => match row.as_of {
                Some(as_of) => {
                    let age = paper.now.duration_since(as_of).unwrap_or_default().as_secs();
                    out.extend_from_slice(itoa::Buffer::new().format(age).as_bytes());
                }
                None => out.extend_from_slice(b"null"),
            },
            "reason" => text(out, row.reason),
            "message" => text(out, row.message.as_deref()),
            _ => text(out, Some("Coverage")),
        }
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
}

/// RFC 3339 in UTC, to the second.
fn seconds_utc(time: SystemTime) -> Option<String> {
    let instant = Timestamp::try_from(time).ok()?;
    Some(Timestamp::from_second(instant.as_second()).ok()?.to_string())
}
