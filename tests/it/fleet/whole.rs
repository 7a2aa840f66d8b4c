//! Two gateways over one Redis behind a proxy, under load, while each part is killed and comes back.
//!
//! Nothing is fresh for longer than a second, so that departments and the Redis are asked all the time.

use std::time::{Duration, Instant};

use c360::demo::{Fault, Which};
use serde_json::Value as Json;
use tokio::time::sleep;

use super::super::faults::gate::quiet_port;
use super::super::faults::street::{Failure, Street, parts_of};
use super::burden::{Asked, Burden, End, Question, client, without_coverage};
use super::folder;
use super::page::{Page, until};
use super::process::{Process, listening};
use super::proxy::Proxy;

const CLIENTS: usize = 4;
/// How long a breaker leaves a department alone before it looks again.
const PERIOD: Duration = Duration::from_secs(1);
/// What a busy machine takes beside.
const GRACE: Duration = Duration::from_secs(5);
const EACH: &str = "timeout = \"5s\"\nbreaker = { open = \"1s\", max_open = \"1s\" }";

/// What was being done from when to when.
struct Span(Instant, Instant);

impl Span {
    fn touches(&self, asked: &Asked) -> bool {
        asked.begun <= self.1 && self.0 <= asked.ended
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_costs_only_what_was_in_flight_to_it() {
    let mut street = Street::open(60).await;
    let calm = questions(&street).await;
    let place = tempfile::tempdir().unwrap();
    let redis_port = quiet_port();
    let redis = Process::redis(redis_port);
    listening(redis_port).await;
    let (ports, admins) = ([quiet_port(), quiet_port()], [quiet_port(), quiet_port()]);
    let folders = ports.map(|port| place.path().join(port.to_string()));
    for ((folder, port), admin) in folders.iter().zip(ports).zip(admins) {
        let tier = format!("\n[cache]\nredis = \"redis://127.0.0.1:{redis_port}\"\n");
        let door = format!("\n[admin]\nlisten = \"127.0.0.1:{admin}\"\n");
        folder::write_forgetful(folder, &street, port, EACH, &(tier + &door));
    }
    let mut gateways = folders.each_ref().map(|folder| Some(Process::gateway(folder)));
    for port in ports.into_iter().chain(admins) {
        listening(port).await;
    }
    let proxy = Proxy::before(&ports).await;
    let burden = Burden::lay(&proxy.address, calm.clone(), CLIENTS, |_| true);

    let redis = the_redis_goes_and_comes(redis, redis_port, admins).await;
    let mut downs = Vec::new();
    for department in Which::ALL {
        downs.push((department, goes_and_comes(&mut street, department, ports, &calm).await));
    }

    let killed_at = Instant::now();
    gateways[0].take().unwrap().kill();
    let killed = Span(killed_at, Instant::now());
    sleep(Duration::from_millis(500)).await;
    gateways[0] = Some(Process::gateway(&folders[0]));
    listening(ports[0]).await;
    sleep(Duration::from_millis(500)).await;

    assert_eq!(gateways[1].take().unwrap().terminate().await, Some(0));
    gateways[1] = Some(Process::gateway(&folders[1]));
    listening(ports[1]).await;
    sleep(Duration::from_secs(1)).await;

    let asked = burden.lift().await;
    let said = folders.map(|folder| std::fs::read_to_string(folder.join("said.log")).unwrap_or_default());
    judge(&asked, &calm, &downs, &killed, &said.join("\n--\n"));
    drop((gateways, redis));
}

/// Questions for twenty customers, each with its answer while all is calm.
async fn questions(street: &Street) -> Vec<Question> {
    let ids = street.known_to_all(20);
    let answers = street.gateway(None, false).await.ask_all(&ids).await;
    let calm = ids.iter().zip(answers).map(|(id, answer)| {
        assert_eq!(answer.get("errors"), None, "{answer}");
        Question { calm: without_coverage(answer["data"].clone()), ..Question::of(id) }
    });
    calm.collect()
}

/// Kills the Redis, and starts another one in its place once both gateways have noticed.
async fn the_redis_goes_and_comes(redis: Process, port: u16, admins: [u16; 2]) -> Process {
    let looks = async |outcome: &str| {
        let name = format!("c360_cache_shared_looks_total{{outcome=\"{outcome}\"}}");
        [Page::of(admins[0]).await.number(&name), Page::of(admins[1]).await.number(&name)]
    };
    let is_up = async |wanted: f64| {
        let pages = [Page::of(admins[0]).await, Page::of(admins[1]).await];
        pages.iter().all(|page| page.number("c360_cache_shared_up") == wanted)
    };
    let is_used = async |before: [[f64; 2]; 2]| {
        let now = [looks("hit").await, looks("miss").await];
        now.iter().flatten().zip(before.iter().flatten()).all(|(now, before)| now > before)
    };
    until("both gateways find something in the Redis, and something not", async || {
        is_up(1.0).await && is_used([[0.0; 2]; 2]).await
    })
    .await;
    redis.kill();
    until("both gateways say that it is down", async || is_up(0.0).await).await;
    let without = looks("skipped").await;
    until("both gateways do without it", async || {
        looks("skipped").await.iter().zip(without).all(|(now, before)| *now > before)
    })
    .await;
    let redis = Process::redis(port);
    listening(port).await;
    until("both gateways say that it is back", async || is_up(1.0).await).await;
    let before = [looks("hit").await, looks("miss").await];
    until("both gateways use it again", async || is_used(before).await).await;
    redis
}

/// Shuts a department's gate until everybody has noticed, and opens it again: when that was, and until when it may be felt.
async fn goes_and_comes(street: &mut Street, department: Which, ports: [u16; 2], calm: &[Question]) -> Span {
    let calls = |street: &Street| street.town.department(department).calls().total;
    let before = calls(street);
    until("it is called while it is there", async || calls(street) > before).await;

    let client = client();
    let addresses = ports.map(|port| format!("http://127.0.0.1:{port}/graphql"));
    let from = Instant::now();
    street.fail(department, Failure::Gone).await;
    for address in &addresses {
        let is_missed = async || matches!(calm[0].ask(&client, address).await, End::Partial(_));
        until("it is missed once it is gone", is_missed).await;
    }
    let silent = calls(street);
    sleep(PERIOD).await;
    assert_eq!(calls(street), silent, "{department}: nobody comes through");

    street.fail(department, Failure::Fault(Fault::Calm)).await;
    let back = Instant::now();
    for address in &addresses {
        until("it is there again", async || calm[0].ask(&client, address).await == End::Whole).await;
    }
    until("it is called once it is back", async || calls(street) > silent).await;
    Span(from, back + PERIOD + GRACE)
}

fn judge(asked: &[Asked], calm: &[Question], downs: &[(Which, Span)], killed: &Span, said: &str) {
    let whole = asked.iter().filter(|one| one.end == End::Whole).count();
    assert!(whole > 100, "hardly anybody was answered: {whole}");
    let (mut lost, mut felt) = (0, Vec::new());
    for one in asked {
        match &one.end {
            End::Whole => {}
            End::Partial(answer) => {
                let down = downs.iter().filter(|(_, span)| span.touches(one)).map(|(which, _)| *which);
                felt.extend(blamed(answer, &calm[one.question].calm, &down.collect::<Vec<_>>(), said));
            }
            // What was in flight to the process that was killed.
            End::Failed(_) if killed.touches(one) => lost += 1,
            end => panic!("{end:?} after {:?}; the gateways said:\n{said}", one.ended - one.begun),
        }
    }
    for department in Which::ALL {
        assert!(felt.contains(&department), "nobody has felt that {department} was gone");
    }
    assert!(lost <= CLIENTS, "{lost} requests were lost with one gateway");
}

/// The departments of which parts are missing: those that are down, with an error and in coverage, and no other.
fn blamed(answer: &Json, calm: &Json, down: &[Which], said: &str) -> Vec<Which> {
    let context = || format!("{down:?} may be missing in {answer}, in calm {calm}; the gateways said:\n{said}");
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("not a word: {}", context()));
    let blames = |department: &Which| errors.iter().any(|error| error["extensions"]["department"] == department.name());
    let blamed: Vec<Which> = down.iter().copied().filter(blames).collect();
    let is_down = |error: &Json| down.iter().any(|down| error["extensions"]["department"] == down.name());
    assert!(errors.iter().all(is_down), "{}", context());
    let (found, calm) = (&answer["data"]["customer"], &calm["customer"]);
    for department in Which::ALL {
        for part in parts_of(department) {
            let is_missing = blamed.contains(&department) && found[part].is_null();
            assert!(is_missing || found[part] == calm[part], "{department}: {}", context());
        }
        let row = found["coverage"].as_array().unwrap().iter().find(|row| row["department"] == department.name());
        let is_told = row.is_some_and(|row| row["status"] == "UNAVAILABLE");
        assert_eq!(is_told, blamed.contains(&department), "{department}: {}", context());
    }
    blamed
}
