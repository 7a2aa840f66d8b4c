//! Several reads in one call.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Salesforce, errors};
use crate::demo::desk::{Answer, Ask, Desk};

const MOST_PARTS: usize = 25;
const MOST_QUERIES: usize = 5;

impl Salesforce {
    /// Independent parts, `{"batchRequests": [{"method", "url": "v67.0/query?q=…"}]}`, answered in order.
    pub(super) fn batch(&self, ask: &Ask, _: &[String]) -> Answer {
        let Some(body) = ask.json() else { return malformed() };
        let parts = match parts(&body["batchRequests"]) {
            Ok(parts) => parts,
            Err(answer) => return answer,
        };
        let halts = body["haltOnError"].as_bool().unwrap_or(false);
        let mut failed = false;
        let results: Vec<Value> = parts
            .iter()
            .map(|part| {
                if failed && halts {
                    return json!({"statusCode": 412, "result": [{"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}]});
                }
                let url = part["url"].as_str().unwrap_or_default().trim_start_matches("/services/data/");
                let answer = self.inner(ask, &part["method"], &format!("/services/data/{url}"), &part["richInput"]);
                failed |= answer.status() >= 400;
                json!({"statusCode": answer.status(), "result": answer.into_value()})
            })
            .collect();
        Answer::ok(json!({"hasErrors": failed, "results": results}))
    }

    /// `{"compositeRequest": [{"method", "url": "/services/data/v67.0/…", "referenceId"}]}`. References between parts are not looked at.
    pub(super) fn composite(&self, ask: &Ask, _: &[String]) -> Answer {
        let Some(body) = ask.json() else { return malformed() };
        let parts = match parts(&body["compositeRequest"]) {
            Ok(parts) => parts,
            Err(answer) => return answer,
        };
        let queries = parts
            .iter()
            .filter(|part| {
                part["url"].as_str().is_some_and(|url| url.contains("/query") || url.contains("/composite/sobjects"))
            })
            .count();
        if queries > MOST_QUERIES {
            return errors(400, "LIMIT_EXCEEDED", "Limit of 5 query and collection subrequests exceeded");
        }
        let responses: Vec<Value> = parts
            .iter()
            .map(|part| {
                let answer = self.inner(ask, &part["method"], part["url"].as_str().unwrap_or_default(), &part["body"]);
                let status = answer.status();
                json!({"body": answer.into_value(), "httpHeaders": {}, "httpStatusCode": status, "referenceId": part["referenceId"]})
            })
            .collect();
        Answer::ok(json!({"compositeResponse": responses}))
    }

    /// Answers a part as if it had come alone; a bundle inside a bundle is refused.
    fn inner(&self, outer: &Ask, method: &Value, url: &str, body: &Value) -> Answer {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let ask = Ask {
            method: Method::from_bytes(method.as_str().unwrap_or("GET").as_bytes()).unwrap_or(Method::GET),
            path: path.into(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            query_text: query.into(),
            headers: outer.headers.clone(),
            body: Bytes::from(body.to_string()),
        };
        match Self::route(&ask) {
            Some((route, captures)) if !route.name.ends_with("/composite") && !route.name.ends_with("/batch") => {
                (route.handle)(self, &ask, &captures)
            }
            _ => self.lost(),
        }
    }
}

fn malformed() -> Answer {
    errors(400, "JSON_PARSER_ERROR", "The HTTP entity body is not valid JSON")
}

fn parts(value: &Value) -> Result<&[Value], Answer> {
    match value.as_array() {
        Some(parts) if (1..=MOST_PARTS).contains(&parts.len()) => Ok(parts),
        _ => Err(errors(400, "LIMIT_EXCEEDED", "a bundle has 1 to 25 subrequests")),
    }
}
