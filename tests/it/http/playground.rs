//! The playground: one page and what it is made of, all from the gateway.

use c360::http::Settings;
use reqwest::Response;

use super::{House, hasty};

/// Every address that the page refers to.
fn addresses(page: &str) -> Vec<&str> {
    let after = ["src=\"", "href=\""].into_iter().flat_map(|attribute| page.split(attribute).skip(1));
    after.map(|rest| rest.split('"').next().unwrap()).filter(|address| *address != "data:,").collect()
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_playground_and_all_of_its_parts_come_from_the_gateway() {
    let house = House::open(hasty()).await;
    let response = house.client.get(house.url("/")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(header(&response, "cache-control"), "private, no-store");
    let page = response.text().await.unwrap();
    assert!(!page.contains("//"), "an address of elsewhere: {page}");
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("<script>"), "{page}");
    let addresses = addresses(&page);
    assert_eq!(addresses.len(), 4, "{page}");
    for address in addresses {
        assert!(!address.starts_with('/'), "{address} would miss a gateway behind a path of a proxy");
        let response = house.client.get(house.url(&format!("/{address}"))).send().await.unwrap();
        assert_eq!(response.status(), 200, "{address}");
        let is_script = address.ends_with(".js");
        let expected = if is_script { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
        assert_eq!(header(&response, "content-type"), expected, "{address}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        let is_packed = header(&response, "content-encoding") == "gzip";
        assert_eq!(is_packed, address.contains("graphiql"), "{address}");
        let bytes = response.bytes().await.unwrap();
        assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), is_packed, "{address}");
        if !is_packed {
            let text = std::str::from_utf8(&bytes).unwrap();
            assert!(!text.contains("://"), "{address} names another place");
        }
    }
}

#[tokio::test]
async fn the_page_may_load_scripts_and_styles_from_the_gateway_only_and_execute_nothing_else() {
    let house = House::open(hasty()).await;
    let response = house.client.get(house.url("/")).send().await.unwrap();
    let policy = header(&response, "content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"] {
        assert!(policy.split(';').any(|found| found.trim() == part), "{part} in {policy}");
    }
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
}

#[tokio::test]
async fn the_parts_are_kept_by_the_browser_for_good() {
    let house = House::open(hasty()).await;
    let (_, page) = house.get("/").await;
    for address in addresses(&page) {
        let url = house.url(&format!("/{address}"));
        let first = house.client.get(&url).send().await.unwrap();
        assert_eq!(header(&first, "cache-control"), "public, max-age=31536000, immutable");
        let tag = header(&first, "etag").to_owned();
        for known in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}")] {
            let again = house.client.get(&url).header("if-none-match", &known).send().await.unwrap();
            assert_eq!((again.status().as_u16(), header(&again, "etag")), (304, tag.as_str()), "{known}");
            assert!(again.bytes().await.unwrap().is_empty());
        }
        let other = house.client.get(&url).header("if-none-match", "\"other\"").send().await.unwrap();
        assert_eq!(other.status(), 200);
        // Another release's address is no address of this one, or a browser would keep the wrong bytes for good.
        let (name, fingerprint) = (address.rsplit('/').next().unwrap(), tag.trim_matches('"'));
        assert!(address.contains(fingerprint));
        assert_eq!(house.get(&format!("/playground/{}/{name}", fingerprint.replace(['a', '1'], "0"))).await.0, 404);
    }
}

#[tokio::test]
async fn the_playground_opens_with_the_query_that_it_was_given() {
    let query = r#"{ person(id: "1") { name } } # <script> & "co""#;
    let house = House::open(Settings { first_query: Some(query.to_owned()), ..hasty() }).await;
    let (_, page) = house.get("/").await;
    let written = r#"data-query="{ person(id: &quot;1&quot;) { name } } # &lt;script> &amp; &quot;co&quot;"></main>"#;
    assert!(page.contains(written), "{page}");
}

#[tokio::test]
async fn without_a_playground_neither_the_page_nor_its_parts_are_there() {
    let (_, page) = House::open(hasty()).await.get("/").await;
    let house = House::open(Settings { playground: false, ..hasty() }).await;
    assert_eq!(house.get("/").await.0, 404);
    for address in addresses(&page) {
        assert_eq!(house.get(&format!("/{address}")).await.0, 404, "{address}");
    }
}
