//! Presets → the files of one gateway folder.

use std::collections::{BTreeMap, BTreeSet};

use super::prefer;
use super::sheet::{Piece, Sheet};
use super::shelf::{Preset, Register};
use super::suite;
use super::trimmings;

/// The contract's heart, the one that ships.
const HEART: &str = include_str!("../../schema/customer.graphql");

/// One file of a folder.
#[derive(Clone, Debug)]
pub struct File {
    /// Where, from the folder on: `schema/customer.graphql`.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// Everything that a folder with these presets holds.
///
/// Shape: one file each, by path below the folder; no secret in any of them. Presets speak by department (sales, support,
/// marketing, billing) and, within one, in the order given: where two give the same field, the next is asked only for
/// customers whom the one before does not know or cannot tell, by `@prefer`. Types and fields that two presets declare
/// stand where the first of them has them; what nothing leads to is left out. A preset named twice counts once.
pub fn compose(chosen: &[&'static Preset]) -> Vec<File> {
    let presets = in_order(chosen);
    let mut sheets: Vec<Sheet> = presets.iter().map(|preset| Sheet::read(preset.schema)).collect();
    let mut heart = Sheet::read(HEART);
    let rest = rest(&sheets);
    share(&heart, &mut sheets);
    let is_addressed = gives(&sheets, "Customer", "email");
    name_registers(&mut heart, &presets, is_addressed);
    prune(&mut heart, &sheets);

    let mut files = vec![File { path: "schema/customer.graphql".into(), text: heart.write() }];
    for ((preset, sheet), rest) in presets.iter().zip(&sheets).zip(&rest) {
        let text = trimmings::imports(&with_rest(&sheet.write(), rest));
        let tests = suite::fitted(preset.suite, &text, rest);
        files.push(File { path: format!("schema/{}.graphql", preset.name), text: addressed(&text, is_addressed) });
        files.extend(tests.map(|text| File {
            path: format!("tests/{}.connector.yaml", preset.name),
            text: addressed(&text, is_addressed),
        }));
    }
    files.extend(trimmings::beside(&presets, is_addressed));
    files
}

fn in_order(chosen: &[&'static Preset]) -> Vec<&'static Preset> {
    let mut seen = BTreeSet::new();
    let mut presets: Vec<&'static Preset> = chosen.iter().copied().filter(|preset| seen.insert(preset.name)).collect();
    presets.sort_by_key(|preset| preset.department);
    presets
}

/// By sheet and type: the fields that other sheets' objects of that type carry and its own do not. A field with
/// `@prefer` is asked from a connector of the type itself and carried by nobody.
fn rest(sheets: &[Sheet]) -> Vec<BTreeMap<String, BTreeSet<String>>> {
    let mut carried: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for block in sheets.iter().flat_map(Sheet::blocks) {
        let fields = block.fields.iter().filter(|field| prefer::order(&field.text).is_empty());
        carried.entry(&block.name).or_default().extend(fields.map(|field| field.name.as_str()));
    }
    let rest_of = |sheet: &Sheet| {
        let mut rest: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (ty, carried) in &carried {
            let own: BTreeSet<&str> = sheet
                .blocks()
                .filter(|block| block.name == *ty)
                .flat_map(|block| block.fields.iter().map(|field| field.name.as_str()))
                .collect();
            rest.insert((*ty).to_owned(), carried.difference(&own).map(|name| (*name).to_owned()).collect());
        }
        rest
    };
    sheets.iter().map(rest_of).collect()
}

/// A mapping's line `# rest of TYPE` becomes a null for each of them: said, so that `check` knows that it is meant.
fn with_rest(text: &str, rest: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let Some((indent, ty)) = line.trim_end().split_once("# rest of ") else {
            out.push_str(line);
            continue;
        };
        for field in rest.get(ty).into_iter().flatten() {
            out.push_str(&format!("{indent}{field}: $(null)\n"));
        }
    }
    out
}

/// Leaves each type and field in the first sheet that has it, with everybody's `@prefer`.
fn share(heart: &Sheet, sheets: &mut [Sheet]) {
    let mut orders: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for block in sheets.iter().flat_map(Sheet::blocks) {
        for field in &block.fields {
            let order = orders.entry((block.name.clone(), field.name.clone())).or_default();
            order.extend(prefer::order(&field.text));
        }
    }
    let mut types: BTreeSet<String> = heart.blocks().map(|block| block.name.clone()).collect();
    let mut fields: BTreeSet<(String, String)> = BTreeSet::new();
    for sheet in sheets {
        sheet.pieces.retain_mut(|piece| match piece {
            Piece::Other(_) => true,
            Piece::Named { name, .. } => types.insert(name.clone()),
            Piece::Fields(block) => {
                if !block.extends && !types.insert(block.name.clone()) {
                    block.extends = true;
                    block.head = format!("extend type {} {{", block.name);
                }
                block.fields.retain(|field| fields.insert((block.name.clone(), field.name.clone())));
                for field in &mut block.fields {
                    field.text = prefer::with_order(&field.text, &orders[&(block.name.clone(), field.name.clone())]);
                }
                !block.fields.is_empty()
            }
        });
    }
}

fn gives(sheets: &[Sheet], ty: &str, field: &str) -> bool {
    let mut blocks = sheets.iter().flat_map(Sheet::blocks).filter(|block| block.name == ty);
    blocks.any(|block| block.fields.iter().any(|known| known.name == field))
}

/// Where nobody gives addresses, the customer's id is one.
fn addressed(text: &str, is_addressed: bool) -> String {
    if is_addressed {
        return text.to_owned();
    }
    let text = text.replace("$this.email", "$this.id").replace("$this: { email:", "$this: { id:");
    text.replace("->map({ email: @ })", "->map({ id: @ })")
}

/// Says in the heart who decides whether a customer or an account exists.
fn name_registers(heart: &mut Sheet, presets: &[&Preset], is_addressed: bool) {
    let customers = presets.iter().filter_map(|preset| match preset.customers {
        Register::ById(id) => Some(id),
        Register::ByEmail(id) => (!is_addressed).then_some(id),
    });
    let customers: Vec<&str> = customers.collect();
    let accounts: Vec<&str> = presets.iter().filter_map(|preset| preset.accounts).collect();
    for block in heart.blocks_mut().filter(|block| block.name == "Query") {
        block.fields.retain(|field| field.name != "account" || !accounts.is_empty());
        for field in &mut block.fields {
            let registers = if field.name == "account" { &accounts } else { &customers };
            if let Some((before, rest)) = field.text.split_once("exists: [")
                && let Some((_, after)) = rest.split_once(']')
            {
                let ids: Vec<String> = registers.iter().map(|id| format!("\"{id}\"")).collect();
                field.text = format!("{before}exists: [{}]{after}", ids.join(", "));
            }
        }
    }
}

/// Leaves out what nothing leads to.
fn prune(heart: &mut Sheet, sheets: &[Sheet]) {
    loop {
        let mut wanted: BTreeSet<String> = ["Query".to_owned(), "Customer".to_owned()].into();
        for block in heart.blocks().chain(sheets.iter().flat_map(Sheet::blocks)) {
            wanted.extend(block.fields.iter().map(|field| field.leads_to().to_owned()));
        }
        wanted.extend(sheets.iter().flat_map(Sheet::blocks).map(|block| block.name.clone()));
        let before = heart.pieces.len();
        heart.pieces.retain(|piece| match piece {
            Piece::Fields(block) => wanted.contains(&block.name),
            Piece::Named { name, .. } => wanted.contains(name),
            Piece::Other(_) => true,
        });
        if heart.pieces.len() == before {
            return;
        }
    }
}
