//! What is counted while nothing is wrong: the alert on it must not sound then.

use c360::telemetry::{Format, Page};
use serde_json::json;

use super::{House, Memory, Setup, whole};

/// Every field of a customer, and some of what hangs on it.
const WHOLE: &str = include_str!("whole.graphql");

#[tokio::test(flavor = "multi_thread")]
async fn in_calm_nothing_is_odd_in_what_departments_answer_though_much_is_left_out() {
    let house = House::open(Setup { memory: Memory::None, ..Setup::default() }).await;
    for id in house.ids() {
        whole(house.ask_with(WHOLE, json!({ "id": id })).await);
    }
    let mut page = Page::default();
    house.gateway.measure(&mut page);
    let page = page.write(Format::Prometheus);
    let counted = |name: &str| -> Vec<&str> {
        page.lines().filter(|line| line.starts_with(name) && !line.ends_with(" 0")).collect()
    };
    assert_eq!(counted("c360_connector_oddities_total{"), Vec::<&str>::new());
    assert!(counted("c360_connector_missing_total{").len() > 5, "customers lack parts by design");
    assert!(counted("c360_connector_calls_total{").len() > 15, "most connectors are called");
}
