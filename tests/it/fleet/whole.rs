//! Two gateways over one Redis behind a proxy, under load, while each part is killed and comes back.

use std::time::{Duration, Instant};

use c360::demo::{Fault, Which};
use tokio::time::sleep;

use super::super::faults::gate::quiet_port;
use super::super::faults::street::Street;
use super::burden::{Asked, Burden, End};
use super::folder;
use super::process::{Process, listening};
use super::proxy::Proxy;

const CLIENTS: usize = 6;
/// A breaker's first period, and some time for a busy machine.
const RECOVERY: Duration = Duration::from_secs(4);

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
    let ids = street.known_to_all(20);
    let place = tempfile::tempdir().unwrap();
    let redis_port = quiet_port();
    let redis = Process::redis(redis_port);
    listening(redis_port).await;
    let ports = [quiet_port(), quiet_port()];
    let folders = ports.map(|port| place.path().join(port.to_string()));
    let tier = format!("\n[cache]\nredis = \"redis://127.0.0.1:{redis_port}\"\n");
    for (folder, port) in folders.iter().zip(ports) {
        folder::write(folder, &street, port, &tier);
    }
    let mut gateways = folders.each_ref().map(|folder| Some(Process::gateway(folder)));
    for port in ports {
        listening(port).await;
    }
    let proxy = Proxy::before(&ports).await;
    let burden = Burden::lay(&proxy.address, &ids, CLIENTS);
    sleep(Duration::from_secs(2)).await;

    redis.kill();
    sleep(Duration::from_secs(1)).await;
    let redis = Process::redis(redis_port);
    listening(redis_port).await;
    sleep(Duration::from_secs(1)).await;

    let departments_begun = Instant::now();
    for department in Which::ALL {
        street.fail(department, None).await;
        sleep(Duration::from_millis(400)).await;
        street.fail(department, Some(Fault::Calm)).await;
    }
    let departments = Span(departments_begun, Instant::now() + RECOVERY);
    sleep(RECOVERY).await;

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
    judge(&asked, &departments, &killed, &said.join("\n--\n"));
    drop((gateways, redis));
}

fn judge(asked: &[Asked], departments: &Span, killed: &Span, said: &str) {
    assert!(asked.len() > 200, "hardly anybody asked: {}", asked.len());
    let mut lost = 0;
    for one in asked {
        match &one.end {
            End::Whole => {}
            End::Partial(_) if departments.touches(one) => {}
            // What was in flight to the process that was killed.
            End::Failed(_) if killed.touches(one) => lost += 1,
            end => panic!("{end:?} after {:?}; the gateways said:\n{said}", one.ended - one.begun),
        }
    }
    assert!(lost <= CLIENTS, "{lost} requests were lost with one gateway");
}
