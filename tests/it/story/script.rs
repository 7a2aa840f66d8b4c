//! A page as a story: schema, settings, and what is asked in which order.

use std::path::Path;

use c360::sdl::SourceText;

use super::exchange::Exchange;
use super::page::{Block, Page};

/// What a story tells.
pub struct Script {
    pub schema: Vec<SourceText>,
    /// The text of `gateway.toml`.
    pub settings: String,
    pub plot: Plot,
}

pub enum Plot {
    /// The schema is wrong: the block that says how.
    Problems(usize),
    /// The schema is served.
    Steps(Vec<Step>),
}

/// Questions asked at the same time, and the calls they make together.
#[derive(Default)]
pub struct Step {
    pub questions: Vec<Question>,
    pub exchanges: Vec<Exchange>,
    /// The block with the calls.
    pub calls_at: Option<usize>,
    /// The step's last block.
    pub last: usize,
}

/// One question.
#[derive(Clone)]
pub struct Question {
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Option<String>,
    pub headers: Vec<(String, String)>,
    pub want_coverage: bool,
    /// In milliseconds.
    pub budget: Option<u64>,
    /// How many ask this at once.
    pub times: usize,
    /// The block with the answer.
    pub answer_at: Option<usize>,
    pub at: usize,
}

/// What files use without saying so, unless they have a `@link` of their own. It is added behind the text, so that
/// lines stay where the story has them.
const LINKS: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @link(url: "https://specs.apollo.dev/federation/v2.13", import: ["@key"])
  @link(url: "https://c360.dev/spec/v0.1", import: ["@department", "@lookup", "@connection", "@cache", "@inaccessible",
    "@paginate", "@call", "@failure", "@webhook", "@normalize", "@prefer"])
"#;

impl Script {
    /// `folder` is where the pages stand.
    pub fn read(page: &Page, folder: &Path) -> Result<Script, String> {
        let mut script = Script { schema: Vec::new(), settings: String::new(), plot: Plot::Steps(Vec::new()) };
        for (index, block) in page.blocks.iter().enumerate() {
            script.take(index, block, folder).map_err(|why| format!("line {}: {why}", block.line()))?;
        }
        if script.schema.is_empty() {
            return Err("no schema".into());
        }
        Ok(script)
    }

    fn take(&mut self, index: usize, block: &Block, folder: &Path) -> Result<(), String> {
        if block.is("departments") {
            for name in block.body.split_whitespace() {
                let file = folder.join(format!("departments/{name}.graphql"));
                let text = std::fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))?;
                self.schema.push(linked(&format!("{name}.graphql"), text));
            }
            return Ok(());
        }
        if block.is("graphql schema") {
            self.schema.push(linked(block.option("file").unwrap_or("schema.graphql"), block.body.clone()));
            return Ok(());
        }
        if block.is("toml gateway") {
            self.settings.push_str(&block.body);
            self.settings.push('\n');
            return Ok(());
        }
        if block.is("text problems") {
            self.plot = Plot::Problems(index);
            return Ok(());
        }
        let Plot::Steps(steps) = &mut self.plot else { return Err("nothing follows the problems".into()) };
        if block.is("graphql query") {
            let question = Question {
                query: block.body.clone(),
                operation_name: block.option("operation").map(str::to_owned),
                variables: None,
                headers: Vec::new(),
                want_coverage: block.has("coverage"),
                budget: block.option("budget").map(str::parse).transpose().map_err(|_| "budget= is no number")?,
                times: block.option("times").map_or(Ok(1), str::parse).map_err(|_| "times= is no number")?,
                answer_at: None,
                at: index,
            };
            if !block.has("meanwhile") {
                steps.push(Step::default());
            }
            let step = steps.last_mut().ok_or("the first question has nothing to be asked beside")?;
            step.questions.push(question);
            step.last = index;
            return Ok(());
        }
        let step = steps.last_mut().ok_or("this belongs behind a question")?;
        step.last = index;
        let question = step.questions.last_mut().expect("a step begins with a question");
        match () {
            () if block.is("json variables") => question.variables = Some(block.body.clone()),
            () if block.is("json answer") => question.answer_at = Some(index),
            () if block.is("http headers") => {
                let headers = block.body.lines().filter_map(|line| line.split_once(": "));
                question.headers.extend(headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            () if block.is("http calls") && step.calls_at.is_none() => {
                step.exchanges = Exchange::read_all(&block.body)?;
                step.calls_at = Some(index);
            }
            () => return Err(format!("`{}` is no block of a story, or stands here twice", block.words.join(" "))),
        }
        Ok(())
    }
}

fn linked(name: &str, mut text: String) -> SourceText {
    if !text.contains("@link") {
        text.push_str(LINKS);
    }
    SourceText { name: name.to_owned(), text }
}
