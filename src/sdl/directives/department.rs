//! `@department(name:, title:)`: which department answers for what stands here.
//!
//! ```graphql
//! extend schema @department(name: "support", title: "Support")
//! ```
//!
//! On `extend schema` it is the default for that file; on a type or type extension for the fields and connectors
//! written in it; on a field for that field. The nearest wins. Where nothing is said, the department is named
//! after the source that a connector calls. `title` is what clients read in coverage; it is said once.

use crate::sdl::gather::Applied;
use crate::sdl::reader::{Reader, Text};

/// `@department` as read.
#[derive(Debug)]
pub(crate) struct DepartmentDirective {
    pub name: Text,
    pub title: Option<Text>,
}

impl DepartmentDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> Option<DepartmentDirective> {
        let members = reader.arguments("@department", &applied.node, &["name", "title"], &["name"]);
        let name = reader.text_of(&members, "name")?;
        if name.text.is_empty() {
            reader.problems.error("GRAPHQL_ERROR", name.place, "a department needs a name");
            return None;
        }
        Some(DepartmentDirective { name, title: reader.text_of(&members, "title") })
    }
}
