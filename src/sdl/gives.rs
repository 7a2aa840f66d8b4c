//! What a connector gives: its selection laid over the contract.

use super::connectors::Builder;
use super::directives::connect::ConnectDirective;
use super::fits::{always, is_scalar};
use super::layouts::Layouts;
use super::reader::Reader;
use crate::catalog::{Layout, Site};
use crate::mapping::{Program, Shape};

impl Builder<'_> {
    /// The layout of what a selection gives; what does not fit the contract is noted.
    pub(super) fn gives(
        &self,
        site: &Site,
        is_entity: bool,
        is_batch: bool,
        connect: &ConnectDirective,
        program: &Program,
        reader: &mut Reader<'_, '_>,
    ) -> Layout {
        let (outline, selection) = (program.outline(), &connect.selection);
        let mut layouts = Layouts {
            schema: self.schema,
            catalog: self.catalog,
            problems: reader.problems,
            selection,
            outline: &outline,
            path: Vec::new(),
            version: self.written.dialect(connect.place.file).version,
        };
        let shape = program.gives();
        match site {
            Site::Type(ty) => {
                if is_batch && always(shape, |shape| matches!(shape, Shape::Object { .. }) || is_scalar(shape)) {
                    let message = "a connector that reads $batch must yield a list, one element per key";
                    layouts
                        .problems
                        .error("BATCH_RESULT_NOT_A_LIST", selection.inside(), message)
                        .help("begin with the path to the list in the answer: `$.data { … }`");
                } else if !is_batch && !is_entity && always(shape, |shape| matches!(shape, Shape::List(_))) {
                    let message = "a connector that reads $this must yield one object, found a list";
                    layouts
                        .problems
                        .error("SELECTED_TYPE_MISMATCH", selection.inside(), message)
                        .help("take one element: `->first`, or read $batch for many entities in one call");
                }
                layouts.object(*ty, shape)
            }
            Site::Field { on, field } => Layout { ty: *on, slots: vec![layouts.slot(*on, field, shape)] },
        }
    }
}

/// Elements of a batch's answer find their keys through the fields that the connector needs.
pub(super) fn check_batch_keys(
    needs: &[String],
    gives: &Layout,
    connect: &ConnectDirective,
    is_scan: bool,
    reader: &mut Reader<'_, '_>,
) {
    for need in needs {
        if !gives.gives(need) {
            reader
                .problems
                .error(
                    "CONNECTORS_BATCH_KEY_NOT_IN_SELECTION",
                    connect.selection.inside(),
                    match is_scan {
                        true => format!("`scan` names `{need}`, which is not selected"),
                        false => format!("$batch.{need} is read, but `{need}` is not selected"),
                    },
                )
                .help(match is_scan {
                    true => "elements find their keys by the fields that `scan` names: select them too",
                    false => "answers are matched to their keys by the fields that $batch reads: select them too",
                });
        }
    }
}
