//! Values and plain lists, completed as the contract's types say.

use super::pages::Page;
use super::telling::{Account, Segment};
use super::ways_in::ROOT;
use super::{Carried, Evaluator, Fields, is_connection, sets};
use crate::differential::departments::Holding;
use crate::differential::held::Held;
use crate::differential::mishaps::{Mishap, NARROW};

impl<'e> Evaluator<'e> {
    pub(super) fn complete(
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
    pub(super) fn kept(&self, ty: &str, field: &str) -> usize {
        let narrow = self.mishaps.iter().any(|mishap| matches!(mishap, Mishap::Narrow));
        let kept = NARROW.iter().find(|(known, name, _)| narrow && *known == ty && *name == field);
        kept.map_or(usize::MAX, |(.., kept)| *kept)
    }

    /// A plain list of non-null items: what does not fit is left out.
    pub(super) fn items(
        &mut self,
        fields: &Fields<'e>,
        items: &[Held],
        from: &'static Holding,
        account: &mut Account,
    ) -> String {
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
}
