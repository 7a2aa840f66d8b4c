//! Operators have the gateway forget.

use serde_json::json;

use super::open;

#[tokio::test]
async fn operators_have_a_source_a_connector_an_entity_or_everything_forgotten() {
    let house = open("billing").await;
    let (id, _) = house.ids();
    let cold = house.calls(&id).await;
    for purge in [json!({ "everything": true }), json!({ "source": "billing" }), json!({ "entity": "Customer" })] {
        let (status, told) = house.operate("/admin/purge", purge.clone()).await;
        assert_eq!(status, 200, "{purge}");
        assert!(told["forgotten"]["whole"].as_array().unwrap().contains(&json!("billingCustomer")), "{told}");
        assert_eq!(house.calls(&id).await, cold, "{purge}");
    }
    let by_key = json!({ "entity": "Customer", "key": { "id": id } });
    let (_, told) = house.operate("/admin/purge", by_key).await;
    assert!(told["forgotten"]["byKey"].as_array().unwrap().contains(&json!("billingCustomer")), "{told}");
    // What hangs on its id in the billing system too: kept records say what that is.
    assert!(told["forgotten"]["byKey"].as_array().unwrap().contains(&json!("billingInvoices")), "{told}");
    assert_eq!(house.calls(&id).await, cold);
    let (_, told) = house.operate("/admin/purge", json!({ "connector": "billingCustomer" })).await;
    assert_eq!(told, json!({ "forgotten": { "byKey": [], "whole": ["billingCustomer"] } }));
    assert_eq!(house.calls(&id).await, 1);
    for wrong in [
        json!({}),
        json!({ "source": "nobody" }),
        json!({ "entity": "Nobody" }),
        json!({ "everything": false }),
        json!([]),
    ] {
        assert_eq!(house.operate("/admin/purge", wrong).await.0, 400);
    }
}
