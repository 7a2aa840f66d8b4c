//! The shape of a list shown as a Relay connection.

use super::draw::{Draft, Drawing, PlanProblem, literal, register};
use super::stage::{ConnectionEntry, ConnectionKind, ConnectionShape, EdgeEntry, EdgeKind, PageField, Paging};
use crate::catalog::{Connection, Slot};
use crate::operation::{Conditions, Selected, Selections};

impl Drawing<'_> {
    pub(super) fn connection(
        &mut self,
        draft: &mut Draft<'_>,
        index: usize,
        selected: &Selected,
        connection: &Connection,
        slots: &[&Slot],
        selections: &Selections,
    ) -> Result<ConnectionShape, PlanProblem> {
        let (paging, cursor_field) = match connection {
            Connection::Gateway { .. } => {
                let arguments = self.keep_paging(selected.arguments.clone());
                (Paging { arguments, by_source: None }, "id".to_owned())
            }
            Connection::Source { cursor, max } => {
                let arguments = self.keep_arguments(selected.arguments.clone());
                (Paging { arguments, by_source: Some((cursor.clone(), *max)) }, cursor.clone())
            }
        };
        let (type_name, members) = match selections.per_type.first() {
            Some((name, members)) => (name.clone(), members.as_slice()),
            None => (String::new(), &[][..]),
        };
        let mut entries = Vec::with_capacity(members.len());
        for member in members {
            let kind = match member.field.as_str() {
                "nodes" => {
                    let stages = self.stages(slots, of(member), None)?;
                    let when = vec![member.when.clone()];
                    ConnectionKind::Nodes(register(draft, index, when, Some(paging.clone()), stages))
                }
                "edges" => self.edges(draft, index, member, &paging, slots)?,
                "pageInfo" => ConnectionKind::PageInfo(page_info(member)),
                "totalCount" => ConnectionKind::TotalCount,
                _ => ConnectionKind::Typename,
            };
            entries.push(ConnectionEntry {
                literal: literal(&member.key),
                key: member.key.clone(),
                when: member.when.clone(),
                kind,
            });
        }
        let nullable_items = slots.iter().all(|slot| slot.ty.item().is_none_or(crate::catalog::Ty::nullable));
        Ok(ConnectionShape { paging, type_name, nullable_items, entries, cursor_field })
    }

    fn edges(
        &mut self,
        draft: &mut Draft<'_>,
        index: usize,
        edges: &Selected,
        paging: &Paging,
        slots: &[&Slot],
    ) -> Result<ConnectionKind, PlanProblem> {
        let Some((type_name, members)) = of(edges).per_type.first() else {
            return Ok(ConnectionKind::Edges(String::new(), Vec::new()));
        };
        let mut entries = Vec::with_capacity(members.len());
        for member in members {
            let kind = match member.field.as_str() {
                "node" => {
                    let stages = self.stages(slots, of(member), None)?;
                    let when = vec![edges.when.clone(), member.when.clone()];
                    EdgeKind::Node(register(draft, index, when, Some(paging.clone()), stages))
                }
                "cursor" => EdgeKind::Cursor,
                _ => EdgeKind::Typename,
            };
            entries.push(EdgeEntry {
                literal: literal(&member.key),
                key: member.key.clone(),
                when: member.when.clone(),
                kind,
            });
        }
        Ok(ConnectionKind::Edges(type_name.clone(), entries))
    }
}

/// What stands below a member that the contract says is an object.
fn of(member: &Selected) -> &Selections {
    static NOTHING: Selections = Selections { per_type: Vec::new() };
    member.of.as_ref().unwrap_or(&NOTHING)
}

fn page_info(member: &Selected) -> Vec<(String, PageField, Conditions)> {
    let fields = of(member).per_type.first().map_or(&[][..], |(_, fields)| fields);
    fields
        .iter()
        .map(|field| {
            let which = match field.field.as_str() {
                "hasNextPage" => PageField::HasNext,
                "hasPreviousPage" => PageField::HasPrevious,
                "startCursor" => PageField::StartCursor,
                "endCursor" => PageField::EndCursor,
                _ => PageField::Typename,
            };
            (literal(&field.key), which, field.when.clone())
        })
        .collect()
}
