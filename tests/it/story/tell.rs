//! A story is told: schema read, gateway built, questions asked, everything compared.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use c360::gateway::{Ask, Gateway};
use c360::sdl;
use futures_util::future::join_all;
use http::{HeaderMap, HeaderName};
use serde_json::value::RawValue;

use super::page::{Changes, Page};
use super::script::{Plot, Question, Script, Step};
use super::upstream::{Board, Seen};
use super::{diff, json, stage};

/// What to do where a story and the software differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Say so.
    Compare,
    /// Write what came into the story.
    Rewrite,
}

/// Tells the story of one file; `Err` says how it ended otherwise.
pub async fn tell(file: &Path, mode: Mode) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|why| why.to_string())?;
    let page = Page::read(&text)?;
    let folder = file.parent().expect("a file stands in a folder");
    let script = Script::read(&page, folder)?;
    let mut telling = Telling { page: &page, mode, changes: Changes::default(), differences: String::new() };
    match &script.plot {
        Plot::Problems(block) => telling.problems(&script, *block),
        Plot::Steps(steps) => telling.steps(&script, steps).await?,
    }
    if mode == Mode::Rewrite {
        let rewritten = page.with(&telling.changes);
        if rewritten != text {
            std::fs::write(file, rewritten).map_err(|why| why.to_string())?;
        }
        return Ok(());
    }
    if telling.differences.is_empty() { Ok(()) } else { Err(format!("{}\n{}", page.title, telling.differences)) }
}

struct Telling<'t> {
    page: &'t Page,
    mode: Mode,
    changes: Changes,
    differences: String,
}

impl Telling<'_> {
    fn problems(&mut self, script: &Script, block: usize) {
        let problems = match sdl::read(&script.schema) {
            Ok(reading) => reading.warnings,
            Err(problems) => problems,
        };
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        self.compare(block, "problems", &self.page.blocks[block].body.clone(), &lines.join("\n"));
    }

    async fn steps(&mut self, script: &Script, steps: &[Step]) -> Result<(), String> {
        let board = Board::new();
        let gateway = stage::build(&script.schema, &script.settings, &board).await?;
        for step in steps {
            board.expect(&step.exchanges);
            let mut asked: Vec<&Question> = Vec::new();
            let mut answers = Vec::new();
            for question in &step.questions {
                if !asked.is_empty() {
                    board.first_call().await;
                }
                for _ in 0..question.times {
                    asked.push(question);
                    // Each in a task of its own, as behind a server.
                    let (gateway, question, board) = (gateway.clone(), question.clone(), board.clone());
                    answers.push(tokio::spawn(async move {
                        let answer = answer(gateway, question).await;
                        board.told();
                        answer
                    }));
                }
            }
            let answers = join_all(answers).await;
            let seen = board.seen().await;
            self.calls(step, &seen);
            for (question, answer) in asked.into_iter().zip(answers) {
                self.answer(question, step, &answer.map_err(|panic| panic.to_string())??);
            }
        }
        Ok(())
    }

    fn calls(&mut self, step: &Step, seen: &Seen) {
        let expected: Vec<String> = step.exchanges.iter().map(|exchange| exchange.print(exchange.times)).collect();
        let expected = expected.join("\n\n");
        let made = seen.expected.iter().filter(|(_, made)| *made > 0).map(|(exchange, made)| exchange.print(*made));
        let unexpected = seen.unexpected.iter().map(|call| super::exchange::Exchange::of(call.clone()).print(1));
        let actual: Vec<String> = made.chain(unexpected).collect();
        let actual = actual.join("\n\n");
        match step.calls_at {
            Some(block) => self.compare(block, "calls", &expected, &actual),
            None if actual.is_empty() => {}
            None if self.mode == Mode::Rewrite => self.changes.add(step.questions[0].at, "http calls", actual),
            None => self.tell("calls", &diff::lines("", &actual)),
        }
    }

    fn answer(&mut self, question: &Question, step: &Step, body: &str) {
        let actual = json::pretty(body);
        let Some(block) = question.answer_at else {
            if self.mode == Mode::Rewrite {
                let last = if step.questions.len() == 1 { step.last } else { question.at };
                self.changes.add(last, "json answer", actual);
            } else {
                self.tell("answer", &diff::lines("", &actual));
            }
            return;
        };
        let expected = &self.page.blocks[block].body;
        if json::compact(expected) != json::compact(body) {
            self.compare(block, "answer", &json::pretty(expected), &actual);
        }
    }

    fn compare(&mut self, block: usize, what: &str, expected: &str, actual: &str) {
        if expected == actual {
            return;
        }
        match self.mode {
            Mode::Rewrite => self.changes.body(block, actual.to_owned()),
            Mode::Compare => self.tell(what, &diff::lines(expected, actual)),
        }
    }

    fn tell(&mut self, what: &str, difference: &str) {
        self.differences.push_str(&format!("{what} (- the story, + the software):\n{difference}\n"));
    }
}

async fn answer(gateway: Arc<Gateway>, question: Question) -> Result<String, String> {
    let variables = question.variables.map(RawValue::from_string).transpose();
    let header = |(name, value): &(String, String)| Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?));
    let headers: Option<HeaderMap> = question.headers.iter().map(header).collect();
    let answer = gateway
        .answer(Ask {
            query: question.query,
            operation_name: question.operation_name,
            variables: variables.map_err(|why| format!("variables: {why}"))?,
            headers: headers.ok_or("a header that none can be")?.into(),
            want_coverage: question.want_coverage,
            budget: question.budget.map(Duration::from_millis),
        })
        .await;
    String::from_utf8(answer.body.to_vec()).map_err(|why| why.to_string())
}
