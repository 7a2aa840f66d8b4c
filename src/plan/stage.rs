//! What a plan is made of.

use std::sync::Arc;

use super::Census;
use crate::catalog::{ConnectorId, Layout, TypeId};
use crate::operation::{Arguments, Conditions, Operation};

/// A compiled operation. Holds no variable values.
#[derive(Debug)]
pub struct Plan {
    /// What the client asked, flattened: variables, introspection part.
    pub operation: Operation,
    /// What to do at the root.
    pub root: Arc<Stage>,
    /// The arguments of every planned field, bound together before anything is fetched.
    pub arguments: Vec<Arguments>,
    /// Which of them page a connection, so that a bad count or cursor is refused before anything is fetched.
    pub pagings: Vec<ArgsId>,
    /// What its steps come to.
    pub census: Census,
}

/// Index into [`Plan::arguments`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArgsId(pub usize);

/// What to do for all objects of one type at one place of the answer: which calls complete them, and what to
/// write of them. The objects come from a record of the stage above; at the root there is one without a record.
#[derive(Debug)]
pub struct Stage {
    /// The object type.
    pub ty: TypeId,
    /// Its name, for `__typename`.
    pub type_name: String,
    /// By what its objects' own records are read; `None` at the root.
    pub base: Option<Layout>,
    /// Calls, each after those it waits for.
    pub steps: Vec<Step>,
    /// What is written, in the query's order.
    pub entries: Vec<Entry>,
    /// Objects below that need a stage's work, by the index that [`Stages::child`] names.
    pub children: Vec<Child>,
    /// Set for looked-up entities and for stubs: how it is decided whether they are there at all.
    pub existence: Option<Existence>,
    /// True where nothing here or below is fetched: such a stage is written straight from the record.
    pub is_plain: bool,
    /// True where all that is written are single leaves of the objects' own records, whatever the variables are.
    pub is_flat: bool,
    /// True where `coverage` is asked for here.
    pub wants_coverage: bool,
}

/// One call, or the making of keys, for every object of a stage.
#[derive(Debug)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The calls whose gives it waits for, and what is at hand: one per need of the connector.
    pub needs: Vec<Need>,
    /// Entries (by index) that read from it.
    pub entries: Vec<usize>,
    /// Asked only for objects for which that step found nothing: `@prefer`.
    pub fallback_of: Option<usize>,
    /// Asked only where the other steps leave open whether the object exists.
    pub only_for_existence: bool,
}

/// What a step does.
#[derive(Debug)]
pub enum StepKind {
    /// Calls a connector.
    Call {
        /// The connector.
        connector: ConnectorId,
        /// The field's arguments, where the connector reads some.
        arguments: Option<ArgsId>,
        /// Set where the source cuts pages: it is asked for one more than `first`.
        paging: Option<Paging>,
        /// Whether any of its needs is brought into its one spelling first: `@normalize`.
        normalizes: bool,
    },
    /// Makes records of keys from a root field's arguments: the objects of a look-up.
    Keys {
        /// The arguments.
        arguments: ArgsId,
        /// Argument name → key field.
        keys: Vec<(String, String)>,
        /// The record made: one slot, the root field.
        layout: Layout,
        /// True where the argument is a list.
        many: bool,
    },
}

/// Where one component of a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// From the object's own record.
    AtHand {
        /// Position of the slot.
        slot: usize,
    },
    /// From an earlier step of the same stage.
    From {
        /// The step.
        step: usize,
        /// Position of the slot in its connector's layout.
        slot: usize,
    },
}

/// One member of the answer's object.
#[derive(Debug)]
pub struct Entry {
    /// `"key":`, ready to be written.
    pub literal: String,
    /// The response key.
    pub key: String,
    /// The field's name.
    pub field: String,
    /// Whether this request wants it.
    pub when: Conditions,
    /// Line and column in the operation's text.
    pub location: (u32, u32),
    /// Whether null is allowed.
    pub nullable: bool,
    /// Where its value comes from.
    pub from: Feed,
    /// How it is written.
    pub form: Form,
}

/// Where an entry's value comes from.
#[derive(Debug)]
pub enum Feed {
    /// The type's name.
    Typename,
    /// The object's own record.
    Base {
        /// Position of the slot.
        slot: usize,
    },
    /// A step's record: the first that was found, else the first.
    Steps(Vec<Origin>),
    /// The gateway's account of the object's departments.
    Coverage,
    /// Answered by the contract's face.
    Introspection,
    /// Nobody gives the field at this place, as its type is given with it elsewhere.
    Nothing,
}

/// One place a value can be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The step.
    pub step: usize,
    /// Position of the slot in the layout of its record.
    pub slot: usize,
}

/// How a value is written.
#[derive(Debug)]
pub enum Form {
    /// As it stands in the record: a leaf, or a list of leaves.
    Leaf {
        /// How deep lists nest and whether each level may be null, outermost first; then the leaf.
        nullable: Vec<bool>,
    },
    /// Objects, or lists of them.
    Objects {
        /// As for a leaf.
        nullable: Vec<bool>,
        /// What to do for them.
        stages: Arc<Stages>,
    },
    /// A list shown as a connection.
    Connection(ConnectionShape),
    /// Rows of coverage; their fields in order.
    Coverage(Vec<(String, String, Conditions)>),
}

impl Form {
    /// Whether the field's type is a list.
    pub fn is_list(&self) -> bool {
        match self {
            Form::Leaf { nullable } | Form::Objects { nullable, .. } => nullable.len() > 1,
            Form::Connection(_) | Form::Coverage(_) => true,
        }
    }
}

/// What to do for the objects of one field, by concrete type.
#[derive(Debug)]
pub struct Stages {
    /// One per object type the field may hold here; where several connectors give it, and not the same of a type, one for
    /// each way in which they do.
    pub per_type: Vec<Arc<Stage>>,
    /// There are several of one type.
    pub is_mixed: bool,
    /// Index into the parent's [`Stage::children`] where any of them has something to fetch.
    pub child: Option<usize>,
}

impl Stages {
    /// The stage for objects that are read by this layout.
    pub fn of(&self, layout: &Layout) -> Option<(usize, &Arc<Stage>)> {
        let is_for = |stage: &Stage| {
            stage.ty == layout.ty && (!self.is_mixed || stage.base.as_ref().is_none_or(|base| base == layout))
        };
        self.per_type.iter().enumerate().find(|(_, stage)| is_for(stage))
    }
}

/// Objects below a stage that need work of their own.
#[derive(Debug)]
pub struct Child {
    /// The entry they belong to.
    pub entry: usize,
    /// Conditions below the entry (`edges`, `nodes`), all of which must hold.
    pub when: Vec<Conditions>,
    /// How the list is cut before they are counted, where it is a connection.
    pub paging: Option<Paging>,
    /// What to do for them.
    pub stages: Arc<Stages>,
}

/// How it is decided whether an object is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existence {
    /// Steps that decide: one found, and it exists; all absent, and it does not.
    pub deciding: Vec<usize>,
    /// True for a stub: an object its parent knows by key only. It is dropped where deciding steps that were called
    /// anyway found nothing; nothing is asked on purpose.
    pub stub: bool,
    /// True where look-ups name who decides: then every one of them has to have been asked.
    pub named: bool,
}

/// How a connection is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Its arguments.
    pub arguments: ArgsId,
    /// Where the source cuts pages: the field whose value is the cursor, and the page size without `first`.
    pub by_source: Option<(String, usize)>,
}

/// A list shown as a connection.
#[derive(Debug)]
pub struct ConnectionShape {
    /// How it is cut.
    pub paging: Paging,
    /// Its type's name.
    pub type_name: String,
    /// Whether its list may hold nulls; else what cannot be whole is left out.
    pub nullable_items: bool,
    /// Members in the query's order.
    pub entries: Vec<ConnectionEntry>,
    /// Position of the item's `id` (or cursor field) in each layout is found by this name.
    pub cursor_field: String,
}

/// One member of a connection.
#[derive(Debug)]
pub struct ConnectionEntry {
    /// `"key":`.
    pub literal: String,
    /// The response key.
    pub key: String,
    /// Whether this request wants it.
    pub when: Conditions,
    /// What it is.
    pub kind: ConnectionKind,
}

/// What a member of a connection is.
#[derive(Debug)]
pub enum ConnectionKind {
    /// `nodes`.
    Nodes(Arc<Stages>),
    /// `edges`, with the edge type's name.
    Edges(String, Vec<EdgeEntry>),
    /// `pageInfo`: literal, which field, condition.
    PageInfo(Vec<(String, PageField, Conditions)>),
    /// `totalCount`.
    TotalCount,
    /// `__typename`.
    Typename,
}

/// One member of an edge.
#[derive(Debug)]
pub struct EdgeEntry {
    /// `"key":`.
    pub literal: String,
    /// The response key.
    pub key: String,
    /// Whether this request wants it.
    pub when: Conditions,
    /// What it is.
    pub kind: EdgeKind,
}

/// What a member of an edge is.
#[derive(Debug)]
pub enum EdgeKind {
    /// `node`.
    Node(Arc<Stages>),
    /// `cursor`.
    Cursor,
    /// `__typename`.
    Typename,
}

/// The fields of `PageInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageField {
    /// `hasNextPage`.
    HasNext,
    /// `hasPreviousPage`.
    HasPrevious,
    /// `startCursor`.
    StartCursor,
    /// `endCursor`.
    EndCursor,
    /// `__typename`.
    Typename,
}
