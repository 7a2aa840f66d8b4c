//! What is read inside an argument, held against its input type.

use apollo_compiler::schema::ExtendedType;

use super::needs::NeedsOf;
use crate::catalog::TypeId;

impl NeedsOf<'_, '_, '_> {
    /// The keys after an argument's name, through input types as far as they are declared.
    pub(super) fn within_argument(&mut self, on: TypeId, field: &str, path: &[String]) {
        let Some((argument, rest)) = path.split_first() else { return };
        let def = self.schema.type_field(&self.catalog.ty(on).name, field).ok();
        let mut ty = def.and_then(|def| Some(def.argument_by_name(argument)?.ty.inner_named_type().clone()));
        let mut said = format!("$args.{argument}");
        for key in rest {
            let Some(name) = ty else { return };
            let (known, found) = match self.schema.types.get(&name) {
                Some(ExtendedType::InputObject(def)) => {
                    let field = def.fields.get(key.as_str());
                    (def.fields.keys().map(|field| field.as_str()).collect(), field)
                }
                Some(ExtendedType::Scalar(def)) if !def.is_built_in() => return,
                _ => (Vec::new(), None),
            };
            if found.is_none() {
                let message = format!("{said} is of type {name}, which has no field `{key}`");
                let place = self.mention("$args", path);
                self.problems.error("UNDEFINED_FIELD", place, message).nearest(key, known);
                return;
            }
            said = format!("{said}.{key}");
            ty = found.map(|field| field.ty.inner_named_type().clone());
        }
    }
}
