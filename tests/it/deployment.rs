//! What `deploy/` says of the gateway is so: the settings it shows can be served, the ports and paths it asks are there.
//!
//! No template is rendered and no container started: `deploy/check-chart` and `deploy/check-compose` do that.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use c360::http::Settings;
use serde_json::Value;
use tempfile::TempDir;

const SCHEMA: &str = "extend schema @link(url: \"https://specs.apollo.dev/connect/v0.4\", import: [\"@connect\"])\n\
                      type Query { a: String @connect(http: { GET: \"http://127.0.0.1:9/\" }, selection: \"$.a\") }\n";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap()
}

/// What gateway.toml has to say below `deploy/compose.yaml`: a comment of it, from `[http]` to the next empty line of it.
fn settings_of_compose() -> String {
    let text = read("compose.yaml");
    let lines = text.lines().skip_while(|line| *line != "#   [http]").map_while(|line| line.strip_prefix("#   "));
    lines.map(|line| format!("{line}\n")).collect()
}

fn settings_of_chart() -> String {
    yaml("helm/c360/values.yaml")["config"].as_str().unwrap().to_owned()
}

fn folder(settings: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("schema")).unwrap();
    fs::write(folder.path().join("schema/a.graphql"), SCHEMA).unwrap();
    fs::write(folder.path().join("gateway.toml"), settings).unwrap();
    folder
}

fn c360(command: &str, folder: &TempDir) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_c360"));
    program.arg(command).arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // Nobody answers there: the gateway serves all the same.
    program.env("C360_ADMIN_TOKEN", "sixteen-bytes-or-more").env("REDIS_URL", "redis://127.0.0.1:9");
    program
}

/// What stands between `before` and the first of `after`, as often as there is one.
fn all_between<'t>(text: &'t str, before: &str, after: &[char]) -> Vec<&'t str> {
    text.split(before).skip(1).map(|rest| rest.split(after).next().unwrap()).collect()
}

#[test]
fn the_settings_that_are_shown_can_be_served() {
    for settings in [settings_of_chart(), settings_of_compose()] {
        let checked = c360("check", &folder(&settings)).output().unwrap();
        assert!(checked.status.success(), "{settings}\n{}", String::from_utf8_lossy(&checked.stderr));
    }
    assert!(settings_of_compose().contains("${REDIS_URL}"), "it is to be used");
}

#[test]
fn ports_that_are_asked_are_those_of_the_settings() {
    for settings in [settings_of_chart(), settings_of_compose()] {
        assert_eq!(all_between(&settings, "listen = \"0.0.0.0:", &['"']), ["4000", "4001"]);
    }
    let deployment = read("helm/c360/templates/deployment.yaml");
    assert_eq!(all_between(&deployment, "{ name: http, containerPort: ", &[' ']), ["4000"]);
    assert_eq!(all_between(&deployment, "{ name: admin, containerPort: ", &[' ']), ["4001"]);
    assert_eq!(all_between(&read("Containerfile"), "EXPOSE ", &['\n']), ["4000 4001"]);
    let proxy = read("compose/haproxy.cfg");
    let scraped = yaml("compose/prometheus.yaml")["scrape_configs"][0]["static_configs"][0]["targets"].clone();
    for (number, gateway) in ["gateway-a", "gateway-b"].iter().enumerate() {
        assert!(yaml("compose.yaml")["services"].get(gateway).is_some(), "{gateway}");
        assert!(proxy.contains(&format!(" {gateway}:4000\n")), "{gateway}");
        assert_eq!(scraped[number], format!("{gateway}:4001"));
    }
}

#[test]
fn whoever_is_stopped_has_the_time_that_a_stop_takes() {
    let settings = Settings::default();
    let needed = settings.notice.0 + settings.drain.0;
    let pod = yaml("helm/c360/values.yaml")["terminationGracePeriodSeconds"].as_u64().unwrap();
    let container = yaml("compose.yaml")["x-gateway"]["stop_grace_period"].as_str().unwrap().to_owned();
    for seconds in [pod, container.strip_suffix('s').unwrap().parse().unwrap()] {
        assert!(Duration::from_secs(seconds) > needed, "{seconds} s, and {needed:?} are needed");
    }
}

/// A gateway over the chart's settings, on ports that the system picks. It ends with the test.
struct Served {
    program: Child,
    /// Held open: it goes on writing.
    log: BufReader<ChildStderr>,
    clients: String,
    operators: String,
    _folder: TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Served {
    fn start() -> Served {
        let settings =
            settings_of_chart().replace("0.0.0.0:4000", "127.0.0.1:0").replace("0.0.0.0:4001", "127.0.0.1:0");
        let folder = folder(&settings);
        let mut program = c360("serve", &folder).spawn().unwrap();
        let log = BufReader::new(program.stderr.take().unwrap());
        let mut served = Served { program, log, clients: String::new(), operators: String::new(), _folder: folder };
        while served.clients.is_empty() || served.operators.is_empty() {
            let mut line = String::new();
            assert!(served.log.read_line(&mut line).unwrap() > 0, "it does not start");
            for (said, address) in
                [("serving on http://", &mut served.clients), ("heard on http://", &mut served.operators)]
            {
                if let Some((_, rest)) = line.trim_end().split_once(said) {
                    *address = rest.trim_end_matches("/graphql").to_owned();
                }
            }
        }
        served
    }

    /// The status that `GET path` is answered with.
    fn status(address: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }
}

#[test]
fn probes_balancers_and_scrapers_ask_paths_that_are_answered() {
    let served = Served::start();
    let probes = read("helm/c360/templates/deployment.yaml");
    let probes = all_between(&probes, "httpGet: { path: ", &[',']);
    assert_eq!(probes.len(), 3);
    let balancer = read("compose/haproxy.cfg");
    for path in probes.into_iter().chain(all_between(&balancer, "meth GET uri ", &[' '])) {
        assert_eq!(Served::status(&served.clients, path), "200", "{path}");
    }
    let monitor = read("helm/c360/templates/servicemonitor.yaml");
    for path in all_between(&monitor, "path: ", &[',']) {
        assert_eq!(Served::status(&served.operators, path), "200", "{path}");
    }
}
