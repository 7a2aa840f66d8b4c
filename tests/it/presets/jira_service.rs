//! Jira Service Management: JQL in the URL, page tokens, several ids on one request, service levels by request.
//! Facts: <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/>,
//! <https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-request/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::ask;
use super::stub::{Ask, Stub};

const SETTINGS: [(&str, &str); 3] =
    [("JIRA_EMAIL", "agent@us.example"), ("JIRA_API_TOKEN", "tell-no-one"), ("JIRA_PROJECTS", "SUP, OPS")];

fn issue(key: &str, status: (&str, &str), customers: Json) -> Json {
    json!({
        "id": "10001", "key": key, "self": "…",
        "fields": {
            "summary": "No export", "status": { "name": status.0, "statusCategory": { "key": status.1 } },
            "priority": { "name": "Highest" }, "issuetype": { "name": "[System] Incident" }, "labels": ["escalated"],
            "reporter": { "accountId": "acc-1", "displayName": "Ada King", "active": true },
            "created": "2026-01-31T09:30:00.000+0100", "updated": "2026-02-01T09:30:00.000+0100", "duedate": null,
            "customfield_10050": customers,
        },
    })
}

fn jira(ask: &Ask) -> (u16, Json) {
    if ask.header("authorization") != format!("Basic {}", STANDARD.encode("agent@us.example:tell-no-one")) {
        return (
            401,
            json!({ "errorMessages": ["Client must be authenticated to access this resource."], "errors": {} }),
        );
    }
    const ABOUT: &str = r#"project in ("SUP","OPS") AND cf[10050] in ("#;
    let keys = ask.asks("jql").strip_prefix(ABOUT);
    match (ask.path.as_str(), keys.unwrap_or_default()) {
        ("/rest/api/3/search/jql", r#""c-1") AND reporter IS NOT EMPTY ORDER BY created DESC"#) => {
            (200, json!({ "issues": [issue("SUP-2", ("Open", "new"), json!(["c-1"]))], "isLast": true }))
        }
        ("/rest/api/3/search/jql", r#""c-9") AND reporter IS NOT EMPTY ORDER BY created DESC"#) => {
            (200, json!({ "issues": [], "isLast": true }))
        }
        ("/rest/api/3/search/jql", r#""c-1","c-9") ORDER BY created DESC"#) => match ask.asks("nextPageToken") {
            "" => {
                let issues = [issue("SUP-2", ("Waiting for customer", "indeterminate"), json!(["c-1", "c-7"]))];
                (200, json!({ "issues": issues, "nextPageToken": "t2", "isLast": false }))
            }
            "t2" => (200, json!({ "issues": [issue("SUP-1", ("Done", "done"), json!(["c-1"]))], "isLast": true })),
            _ => (400, json!({ "errorMessages": ["bad token"], "errors": {} })),
        },
        ("/rest/servicedeskapi/request/SUP-2/sla", _) => {
            let cycle = |start: u64, stop: u64| json!({ "startTime": { "epochMillis": start }, "stopTime": { "epochMillis": stop }, "breached": false });
            let values = json!([
                { "id": "1", "name": "Time to first response", "completedCycles": [cycle(1_769_848_200_000, 1_769_849_100_000)] },
                { "id": "2", "name": "Time to resolution", "completedCycles": [], "ongoingCycle": { "breached": false } },
            ]);
            (200, json!({ "size": 2, "start": 0, "limit": 50, "isLastPage": true, "values": values }))
        }
        ("/rest/servicedeskapi/request/SUP-1/sla", _) => {
            (200, json!({ "size": 0, "start": 0, "limit": 50, "isLastPage": true, "values": [] }))
        }
        _ => (404, json!({ "errorMessage": "no", "i18nErrorMessage": { "i18nKey": "x", "parameters": [] } })),
    }
}

#[tokio::test]
async fn requests_of_all_pages_stand_with_each_customer_they_name() {
    let stub = Stub::of(jira).await;
    let gateway = stub.gateway(&["jira-service"], &SETTINGS);
    let query = r#"{
        customers(ids: ["c-1", "c-9"]) {
            name email origin { id }
            tickets {
                nodes {
                    id subject status priority kind isEscalated openedAt origin { url }
                    metrics { firstReplyMinutes firstResolutionMinutes reopens solvedAt }
                }
            }
        }
    }"#;
    let answer = ask(&gateway, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let [ada, stranger] = answer["data"]["customers"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(*stranger, Json::Null);
    assert_eq!((&ada["name"], &ada["email"], &ada["origin"]["id"]), (&json!("Ada King"), &Json::Null, &json!("acc-1")));
    let [newer, older] = ada["tickets"]["nodes"].as_array().unwrap().as_slice() else { panic!("{ada}") };
    let expected = json!({
        "id": "SUP-2", "subject": "No export", "status": "PENDING", "priority": "URGENT", "kind": "INCIDENT",
        "isEscalated": true, "openedAt": "2026-01-31T08:30:00Z",
        "origin": { "url": "https://your-company.atlassian.net/browse/SUP-2" },
        "metrics": { "firstReplyMinutes": 15, "firstResolutionMinutes": null, "reopens": 0, "solvedAt": null }
    });
    assert_eq!(*newer, expected);
    assert_eq!(older["status"], "SOLVED", "its name is unknown, its category is not");
    let nothing =
        json!({ "firstReplyMinutes": null, "firstResolutionMinutes": null, "reopens": null, "solvedAt": null });
    assert_eq!(older["metrics"], nothing);
}
