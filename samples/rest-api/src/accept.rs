//! Content negotiation: which of the offered media types an `Accept` header prefers (RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

/// The request's `Accept` fields joined to one; `*/*` when there is none.
pub fn header(headers: &HeaderMap) -> String {
    let fields: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if fields.is_empty() { "*/*".to_owned() } else { fields.join(",") }
}

/// The offer with the highest quality; the earlier of two equals; `None` when every offer is refused.
pub fn best(accept: &str, offers: &[&'static str]) -> Option<&'static str> {
    let mut chosen = None;
    let mut highest = 0;
    for &offer in offers {
        let quality = quality(accept, offer);
        if quality > highest {
            highest = quality;
            chosen = Some(offer);
        }
    }
    chosen
}

/// The quality in thousandths that the most specific matching range gives to `offer`; 0 when none matches.
fn quality(accept: &str, offer: &str) -> u32 {
    let kind = offer.split('/').next().unwrap_or_default();
    let mut specificity = 0;
    let mut quality = 0;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let rank = match name.as_str() {
            _ if name == offer => 3,
            "*/*" => 1,
            _ if name.strip_suffix("/*") == Some(kind) => 2,
            _ => 0,
        };
        if rank > specificity {
            specificity = rank;
            let given = parts.find_map(|parameter| parameter.strip_prefix("q="));
            quality = given.map_or(1000, |q| q.parse().map_or(0, |q: f32| (q.clamp(0.0, 1.0) * 1000.0) as u32));
        }
    }
    quality
}
