//! Mailchimp, Marketing API 3.0: people by the MD5 of their address, 404 for strangers, offsets.
//! Facts: <https://mailchimp.com/developer/marketing/api/list-members/>,
//! <https://mailchimp.com/developer/marketing/docs/errors/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::ask;
use super::stub::{Ask, Stub};

const SETTINGS: [(&str, &str); 2] = [("MAILCHIMP_API_KEY", "secret-us1"), ("MAILCHIMP_AUDIENCE", "a1b2c3d4e5")];
/// MD5 of `urist.mcvankab@freddiesjokes.com`, the vendor's own example.
const URIST: &str = "62eeb292278cc15f5817cb78f7790b08";

fn mailchimp(ask: &Ask) -> (u16, Json) {
    if ask.header("authorization") != format!("Basic {}", STANDARD.encode("c360:secret-us1")) {
        return (
            401,
            json!({ "type": "about:blank", "title": "API Key Invalid", "status": 401, "detail": "no", "instance": "" }),
        );
    }
    let member = format!("/3.0/lists/a1b2c3d4e5/members/{URIST}");
    match ask.path.strip_prefix(&member) {
        Some("") => {
            let member = json!({
                "id": URIST, "email_address": "Urist.McVankab@freddiesjokes.com", "unique_email_id": "u1", "web_id": 99,
                "full_name": "Urist McVankab", "status": "unsubscribed", "unsubscribe_reason": "N/A (Unsubscribed by admin)",
                "member_rating": 4, "last_changed": "2026-02-03T04:05:06+00:00", "timestamp_signup": "", "list_id": "a1b2c3d4e5",
                "merge_fields": {}, "stats": { "avg_open_rate": 0.5, "avg_click_rate": 0.1 },
            });
            (200, member)
        }
        Some("/activity-feed") if ask.asks("count") == "1000" => {
            let act = |kind: &str, number: usize| {
                json!({
                    "activity_type": kind, "created_at_timestamp": "2026-02-01T10:00:00.000000+00:00",
                    "campaign_id": format!("camp-{}", number % 3), "campaign_title": "Spring",
                })
            };
            // A first page that is full, a second one that is not.
            let activity: Vec<Json> = match ask.asks("offset") {
                "" => (0..1000).map(|number| act("open", number)).collect(),
                "1000" => (0..3).map(|number| act("sent", number)).collect(),
                _ => Vec::new(),
            };
            (200, json!({ "activity": activity, "email_id": URIST, "list_id": "a1b2c3d4e5" }))
        }
        _ => (
            404,
            json!({ "type": "about:blank", "title": "Resource Not Found", "status": 404, "detail": "no", "instance": "" }),
        ),
    }
}

#[tokio::test]
async fn alone_the_address_is_the_id_in_whatever_spelling() {
    let stub = Stub::of(mailchimp).await;
    let gateway = stub.gateway(&["mailchimp"], &SETTINGS);
    let query = r#"query($ids: [ID!]!) {
        customers(ids: $ids) {
            id
            marketingProfile { isOptedOutOfEmail rating origin { url } }
            consents { nodes { topic status decidedBy } }
            marketingEmails { nodes { id sentAt opens } }
        }
    }"#;
    let ids = json!({ "ids": ["Urist.McVankab@freddiesjokes.com", "stranger@nowhere.example"] });
    let answer = ask(&gateway, query, ids).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let [urist, stranger] = answer["data"]["customers"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(*stranger, Json::Null, "a 404 is nobody, and no failure");
    let url = "https://us1.admin.mailchimp.com/lists/members/view?id=99";
    assert_eq!(urist["marketingProfile"], json!({ "isOptedOutOfEmail": true, "rating": 4, "origin": { "url": url } }));
    assert_eq!(urist["consents"]["nodes"][0]["status"], "NOT_SUBSCRIBED");
    let mailings = urist["marketingEmails"]["nodes"].as_array().unwrap();
    assert_eq!(mailings.len(), 3);
    let expected = json!({ "id": format!("{URIST}-camp-0"), "sentAt": "2026-02-01T10:00:00Z", "opens": 334 });
    assert_eq!(mailings[0], expected);
}
