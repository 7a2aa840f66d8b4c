//! What is copied of an object, worked out before any object is there.

use std::sync::Arc;

use crate::catalog::{Layout, Node, Scalar, Slot, Ty};
use crate::mapping::{Picked, PickedField};

/// How one object of an answer becomes one of a record.
#[derive(Debug)]
pub(super) struct Form {
    /// The keys that are read of it.
    pub level: Level,
    /// By slot, how its value is written.
    pub ways: Vec<Way>,
    /// By slot, whether its value may be missing; then null is missing too.
    pub optional: Vec<bool>,
    /// Places that are noted while the object is passed over: one for each slot, then what it is grouped by.
    pub spots: usize,
}

/// Keys of an object that are read, in the order in which they are wanted.
#[derive(Debug)]
pub(super) struct Level {
    /// Its number among all levels of a copier.
    pub number: usize,
    /// How many lists and objects its values stand in, those above the rows left out.
    pub depth: u8,
    pub members: Vec<Member>,
    /// How many members are objects that keys are read of.
    pub inner: usize,
}

/// One key of an object.
#[derive(Debug)]
pub(super) struct Member {
    pub key: String,
    pub to: Target,
}

/// What is read under a key.
#[derive(Debug)]
pub(super) enum Target {
    /// The value: its place is noted in these spots.
    Spots(Vec<usize>),
    /// Keys of the object that it is.
    Level(Level),
}

/// How a value is written.
#[derive(Debug)]
pub(super) enum Way {
    /// It is not picked.
    Missing,
    Scalar(Scalar),
    Enum(Arc<[String]>),
    Object(Box<Form>),
    List {
        of: Box<Way>,
        nullable: bool,
        max: usize,
    },
}

impl Form {
    /// What is picked of an object, as objects of this layout. Levels are counted on.
    pub fn new(picked: &Picked, layout: &Layout, levels: &mut usize) -> Option<Form> {
        Form::with(picked, layout, &[], levels)
    }

    /// The same, with the spot of what the object is grouped by.
    pub fn grouped(picked: &Picked, layout: &Layout, by: &[String], levels: &mut usize) -> Option<(Form, usize)> {
        (!by.is_empty()).then_some(())?;
        Some((Form::with(picked, layout, by, levels)?, layout.slots.len()))
    }

    /// A value that is no object.
    pub fn leaf(slot: &Slot) -> Option<Way> {
        match (&slot.ty, &slot.node) {
            (Ty::Named { .. }, Node::Scalar(scalar)) => Some(Way::Scalar(*scalar)),
            _ => None,
        }
    }

    fn with(picked: &Picked, layout: &Layout, by: &[String], levels: &mut usize) -> Option<Form> {
        let Picked(fields) = picked;
        // What the contract does not have is not kept, yet counts where it is missing: rare, and left to those who map.
        if fields.iter().any(|field| !layout.gives(&field.key)) {
            return None;
        }
        let mut level = Level::new(0, levels);
        let mut ways = Vec::with_capacity(layout.slots.len());
        let mut optional = Vec::with_capacity(layout.slots.len());
        for (index, slot) in layout.slots.iter().enumerate() {
            let field = fields.iter().find(|field| field.key == slot.field);
            if let Some(field) = field {
                level.add(&field.path, index, levels)?;
            }
            ways.push(field.map_or(Some(Way::Missing), |field| way(field, slot, levels))?);
            // What is not picked is missing without having been looked for.
            optional.push(field.is_none_or(|field| field.optional));
        }
        if !by.is_empty() {
            level.add(by, ways.len(), levels)?;
        }
        let spots = ways.len() + usize::from(!by.is_empty());
        Some(Form { level, ways, optional, spots })
    }

    /// How many slots it fills.
    pub fn slots(&self) -> usize {
        self.ways.len()
    }
}

fn way(field: &PickedField, slot: &Slot, levels: &mut usize) -> Option<Way> {
    let node = match (&slot.node, &field.inner) {
        (Node::Scalar(scalar), None) => Way::Scalar(*scalar),
        (Node::Enum(names), None) => Way::Enum(names.clone()),
        (Node::Object(layout), Some(picked)) => Way::Object(Box::new(Form::new(picked, layout, levels)?)),
        _ => return None,
    };
    match &slot.ty {
        Ty::Named { .. } => Some(node),
        Ty::List { of, .. } => match &**of {
            Ty::Named { nullable, .. } => {
                let max = slot.max.unwrap_or(usize::MAX);
                Some(Way::List { of: Box::new(node), nullable: *nullable, max })
            }
            Ty::List { .. } => None,
        },
    }
}

impl Level {
    /// The depth of the deepest level.
    pub fn deepest(&self) -> u8 {
        let further = self.members.iter().map(|member| match &member.to {
            Target::Spots(_) => self.depth,
            Target::Level(level) => level.deepest(),
        });
        further.fold(self.depth, u8::max)
    }

    fn new(depth: u8, levels: &mut usize) -> Level {
        *levels += 1;
        Level { number: *levels - 1, depth, members: Vec::new(), inner: 0 }
    }

    /// Has the value that these keys lead to noted in a spot. None where one path leads through what another one reads.
    fn add(&mut self, path: &[String], spot: usize, levels: &mut usize) -> Option<()> {
        let (key, further) = path.split_first()?;
        let place = match self.members.iter().position(|member| member.key == *key) {
            Some(place) => place,
            None => {
                let to = if further.is_empty() {
                    Target::Spots(Vec::new())
                } else {
                    self.inner += 1;
                    Target::Level(Level::new(self.depth.checked_add(1)?, levels))
                };
                self.members.push(Member { key: key.clone(), to });
                self.members.len() - 1
            }
        };
        match &mut self.members[place].to {
            Target::Spots(spots) if further.is_empty() => spots.push(spot),
            Target::Level(level) if !further.is_empty() => level.add(further, spot, levels)?,
            _ => return None,
        }
        Some(())
    }
}
