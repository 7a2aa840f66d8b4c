//! The real program: its commands, what they print, how they end.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The repository's root: its `schema/` is a gateway folder's.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn c360(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_c360"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> Output {
    c360(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running program, killed when the test ends however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Everything printed up to a line that contains `last`.
    fn printed_until(&mut self, last: &str) -> String {
        let mut lines = BufReader::new(self.0.stdout.as_mut().unwrap());
        let mut printed = String::new();
        while !printed.contains(last) {
            assert!(lines.read_line(&mut printed).unwrap() > 0, "it ended after: {printed}");
        }
        printed
    }

    /// SIGTERM, and the exit code.
    fn terminate(&mut self) -> Option<i32> {
        let told = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(told.success());
        self.0.wait().unwrap().code()
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text}")).1;
    rest.split_once(after).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_prints_a_query_that_can_be_pasted_and_its_real_answer() {
    let mut demo = Running(c360(&["demo", "--port", "0", "--customers", "60"]).spawn().unwrap());
    let printed = tokio::task::block_in_place(|| demo.printed_until("Ctrl-C ends the demo."));
    let address = between(&printed, "GraphQL    ", "\n");
    let body = between(&printed, "-d '", "'\n");
    // Another test may have installed it before.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let asked = client.post(address).header("content-type", "application/json").body(body.to_owned());
    let answer: Value = serde_json::from_slice(&asked.send().await.unwrap().bytes().await.unwrap()).unwrap();
    let customer = &answer["data"]["customer"];
    assert_eq!(answer.get("errors"), None, "{answer}");
    for section in ["deals", "activities", "tickets", "marketingEmails", "invoices"] {
        assert!(customer[section]["nodes"].as_array().is_some_and(|nodes| !nodes.is_empty()), "{section}: {customer}");
    }
    assert!(customer["usage"]["seatsUsed"].is_number(), "{customer}");
    assert_eq!(customer["coverage"].as_array().unwrap().len(), 5);
    assert!(printed.contains("30 seconds: no call at all."));
    let printed_answer = between(&printed, "and was answered:\n\n", "\nThat took");
    let printed_answer: Value = serde_json::from_str(printed_answer).unwrap();
    assert_eq!(printed_answer["data"]["customer"]["deals"], customer["deals"]);
    assert_eq!(tokio::task::block_in_place(|| demo.terminate()), Some(0));
}

#[test]
fn the_shipped_folder_is_right_and_prints_the_committed_contract() {
    let checked = run(&["check", ROOT]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let printed = run(&["schema", "print", ROOT]);
    assert_eq!(text(&printed.stdout), std::fs::read_to_string(Path::new(ROOT).join("schema.graphql")).unwrap());
}

#[test]
fn explain_tells_what_a_query_calls_and_what_each_call_waits_for() {
    let query = "{ customer(id: \"c-1\") { tickets { totalCount } } }";
    let explained = run(&["check", ROOT, "--explain", query]);
    let shown = text(&explained.stdout);
    assert!(explained.status.success(), "{}", text(&explained.stderr));
    assert!(shown.contains("helpdeskTickets (helpdesk)"), "{shown}");
    assert!(shown.contains("waits for helpdeskUserId from helpdeskUser"), "{shown}");
}

#[test]
fn a_broken_folder_is_told_file_and_line_and_ends_with_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("schema")).unwrap();
    let schema = "type Query { customer(id: ID!): Custommer }\ntype Customer { id: ID! }\n";
    std::fs::write(folder.path().join("schema/customer.graphql"), schema).unwrap();
    std::fs::write(folder.path().join("gateway.toml"), "[cache]\nmax_bites = \"1MiB\"\n").unwrap();
    let path = folder.path().to_str().unwrap();
    let checked = run(&["check", path]);
    assert_eq!(checked.status.code(), Some(1));
    let said = text(&checked.stderr);
    assert!(said.contains("gateway.toml:2"), "{said}");
    assert!(said.contains("max_bytes"), "{said}");
    assert!(said.contains("Custommer"), "the schema's problems at the same time: {said}");
    std::fs::remove_file(folder.path().join("gateway.toml")).unwrap();
    let served = run(&["serve", path]);
    assert_eq!(served.status.code(), Some(1));
    let said = text(&served.stderr);
    assert!(said.contains("schema/customer.graphql"), "{said}");
    assert!(said.contains("Custommer"), "{said}");
}

#[test]
fn the_contract_is_printed_whatever_the_environment_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema");
    std::fs::create_dir(&schema).unwrap();
    for department in ["sales.graphql", "support.graphql", "marketing.graphql", "billing.graphql"] {
        let shipped = Path::new(ROOT).join("bench/race/gateway/schema").join(department);
        std::fs::copy(shipped, schema.join(department)).unwrap();
    }
    std::fs::write(folder.path().join("gateway.toml"), "[http]\nlisten = \"${C360_IS_NOT_SET}\"\n").unwrap();
    let printed = run(&["schema", "print", folder.path().to_str().unwrap()]);
    assert_eq!(printed.status.code(), Some(0), "{}", text(&printed.stderr));
    assert!(text(&printed.stdout).contains("type Query"));
}

#[test]
fn a_query_file_that_is_not_there_is_no_query() {
    let explained = run(&["check", ROOT, "--explain", "qurey.graphql"]);
    assert_eq!(explained.status.code(), Some(1));
    let said = text(&explained.stderr);
    assert!(said.starts_with("qurey.graphql: cannot be read") && said.contains("or a file"), "{said}");
}

#[test]
fn a_folder_that_is_none_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customer.graphql");
    std::fs::write(&file, "type Query { a: Int }").unwrap();
    for (place, is) in [(folder.path().join("nowhere"), "does not exist"), (file, "is a file")] {
        let output = run(&["check", place.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        let told = text(&output.stderr);
        assert!(told.contains(&format!("{} {is}; a gateway is a folder", place.display())), "{told}");
    }
}

#[test]
fn an_address_where_somebody_listens_is_told_with_its_place() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("schema")).unwrap();
    let schema = "extend schema @link(url: \"https://specs.apollo.dev/connect/v0.4\", import: [\"@connect\"])\n\
                  type Query { a: String @connect(http: { GET: \"http://127.0.0.1:9/\" }, selection: \"$.a\") }\n";
    std::fs::write(folder.path().join("schema/a.graphql"), schema).unwrap();
    for (settings, key, place) in [
        (format!("[http]\nlisten = \"{address}\"\n"), "http.listen", "2:10"),
        (format!("[http]\nlisten = \"127.0.0.1:0\"\n\n[admin]\nlisten = \"{address}\"\n"), "admin.listen", "5:10"),
    ] {
        std::fs::write(folder.path().join("gateway.toml"), settings).unwrap();
        let served = run(&["serve", folder.path().to_str().unwrap()]);
        let told = text(&served.stderr);
        assert_eq!(served.status.code(), Some(1), "{told}");
        assert!(told.contains(&format!("gateway.toml:{place}: `{key}`: cannot listen on {address}: ")), "{told}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut printing = c360(&["schema", "print", ROOT]).spawn().unwrap();
    drop(printing.stdout.take());
    let ended = printing.wait_with_output().unwrap();
    assert_eq!(text(&ended.stderr), "");
}

#[test]
fn a_log_filter_that_means_nothing_is_told() {
    let printed = c360(&["schema", "print", ROOT]).env("C360_LOG", "c360=loud").output().unwrap();
    assert_eq!(printed.status.code(), Some(2));
    assert!(text(&printed.stderr).starts_with("C360_LOG: "), "{}", text(&printed.stderr));
}

#[test]
fn a_wrong_command_line_ends_with_two() {
    assert_eq!(run(&["demo", "--fail", "catering"]).status.code(), Some(2));
    assert_eq!(run(&["fly"]).status.code(), Some(2));
    let mut help = String::new();
    c360(&["--help"]).spawn().unwrap().stdout.unwrap().read_to_string(&mut help).unwrap();
    assert!(help.contains("gateway.toml"), "{help}");
}

#[test]
fn check_speaks_to_programs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("schema")).unwrap();
    let broken = Path::new(ROOT).join("tests/broken/05-values-of-the-wrong-type/schema.graphql");
    std::fs::copy(broken, folder.path().join("schema/customer.graphql")).unwrap();
    let path = folder.path().to_str().unwrap();
    let checked = run(&["check", path, "--format", "json"]);
    assert_eq!(checked.status.code(), Some(1));
    let problems: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let first = &problems[0];
    assert_eq!((&first["code"], &first["severity"]), (&"SELECTED_TYPE_MISMATCH".into(), &"error".into()));
    assert_eq!((&first["line"], &first["column"], &first["endColumn"]), (&16.into(), &7.into(), &10.into()));
    assert!(first["file"].as_str().unwrap().ends_with("schema/customer.graphql"), "{first}");
    let checked = run(&["check", path, "--format", "github"]);
    let said = text(&checked.stdout);
    assert!(said.starts_with("::error file="), "{said}");
    let place = "line=16,endLine=16,col=7,endColumn=10,title=SELECTED_TYPE_MISMATCH::Customer.age";
    assert!(said.lines().next().unwrap().contains(place), "{said}");
}

#[test]
fn what_runs_here_only_and_warnings_end_with_one_where_that_is_asked() {
    assert_eq!(run(&["check", ROOT, "--deny-warnings"]).status.code(), Some(0));
    let portable = run(&["check", ROOT, "--portable"]);
    assert_eq!(portable.status.code(), Some(1));
    assert!(text(&portable.stderr).contains("NOT_PORTABLE"));
    assert_eq!(run(&["check", ROOT, "--format", "xml"]).status.code(), Some(2));
    assert_eq!(run(&["check", ROOT, "--format", "json"]).stdout, b"[]\n");
}
