//! Which department answers for what.

use std::collections::HashMap;

use super::directives::connect::ConnectDirective;
use super::directives::department::DepartmentDirective;
use super::gather::Site;
use super::reader::Reader;
use super::written::Written;
use crate::catalog::{Department, DepartmentId};

/// The departments in order of declaration, found by name.
#[derive(Debug, Default)]
pub(super) struct Departments {
    pub list: Vec<Department>,
    names: HashMap<String, DepartmentId>,
}

impl Departments {
    /// All declared departments; two titles for one name are a problem.
    pub fn declared(written: &Written, reader: &mut Reader<'_, '_>) -> Departments {
        let nearest = &written.departments;
        let mut declared: Vec<&DepartmentDirective> =
            nearest.files.values().chain(nearest.blocks.values()).chain(nearest.fields.values()).collect();
        declared.sort_by_key(|department| department.name.place);
        let mut departments = Departments::default();
        let mut titled: HashMap<DepartmentId, &DepartmentDirective> = HashMap::new();
        for directive in declared {
            let id = departments.named(&directive.name.text);
            let Some(title) = &directive.title else { continue };
            match titled.get(&id).and_then(|first| first.title.as_ref()) {
                Some(first) if first.text != title.text => {
                    let message = format!("the department {} has two titles", directive.name.text);
                    let related = [(first.inside(), format!("here it is {}", first.text))];
                    reader.problems.error_with("DEPARTMENT_TITLES_DIFFER", title.inside(), message, related);
                }
                Some(_) => {}
                None => {
                    departments.list[usize::from(id.0)].title.clone_from(&title.text);
                    titled.insert(id, directive);
                }
            }
        }
        departments
    }

    /// The department with this name, made where there is none.
    fn named(&mut self, name: &str) -> DepartmentId {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let id = DepartmentId(u16::try_from(self.list.len()).unwrap_or(u16::MAX));
        self.list.push(Department { name: name.to_owned(), title: capitalized(name) });
        self.names.insert(name.to_owned(), id);
        id
    }

    /// The department of a connector: declared nearest to it, else named after its source.
    pub fn of_connector(&mut self, written: &Written, connect: &ConnectDirective) -> DepartmentId {
        let nearest = &written.departments;
        let own = match &connect.site {
            Site::Field(name, field) => nearest.fields.get(&(name.clone(), field.clone())),
            _ => None,
        };
        let declared =
            own.or_else(|| nearest.blocks.get(&connect.block)).or_else(|| nearest.files.get(&connect.place.file));
        let name = match (declared, &connect.source) {
            (Some(department), _) => department.name.text.clone(),
            (None, Some(source)) => source.text.clone(),
            (None, None) => "default".to_owned(),
        };
        self.named(&name)
    }

    /// The department declared for a field, by itself, its extension, its type or its file.
    pub fn of_field(&mut self, written: &Written, type_name: &str, field: &str) -> Option<DepartmentId> {
        let nearest = &written.departments;
        let at = (type_name.to_owned(), field.to_owned());
        let block = *written.field_blocks.get(&at)?;
        let file = written.blocks.get(block).map(|block| block.file);
        let declared = nearest
            .fields
            .get(&at)
            .or_else(|| nearest.blocks.get(&block))
            .or_else(|| nearest.types.get(type_name).and_then(|block| nearest.blocks.get(block)))
            .or_else(|| nearest.files.get(&file?))?;
        Some(self.named(&declared.name.text))
    }

    /// The department of what nothing is said about.
    pub fn fallback(&mut self) -> DepartmentId {
        if self.list.is_empty() { self.named("default") } else { DepartmentId(0) }
    }
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
