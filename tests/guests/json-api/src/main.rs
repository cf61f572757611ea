//! An order in JSON is checked, priced and answered in JSON: a small API as many are. `GET` answers with what it takes.
//! bench/peers/json_worker.mjs is the same in JavaScript; benchmarks compare the two.

use serde::{Deserialize, Serialize};
use wstd::http::{Body, Error, Method, Request, Response, StatusCode};

#[derive(Deserialize)]
struct Order {
    customer: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    sku: String,
    quantity: u64,
    price_cents: u64,
}

#[derive(Serialize)]
struct Line {
    sku: String,
    quantity: u64,
    total_cents: u64,
}

#[derive(Serialize)]
struct Priced {
    customer: String,
    lines: Vec<Line>,
    net_cents: u64,
    tax_cents: u64,
    total_cents: u64,
}

const ITEMS_MAX: usize = 1000;
/// Neither of a quantity nor of a price is more accepted, so that no sum overflows.
const NUMBER_MAX: u64 = 1_000_000;
const TAX_PERCENT: u64 = 19;

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    if request.method() != Method::POST {
        return answer(
            StatusCode::OK,
            &serde_json::json!({ "POST": "an order: customer, items of sku, quantity, price_cents" }),
        );
    }
    let bytes = request.into_body().contents().await?.to_vec();
    match serde_json::from_slice::<Order>(&bytes).map_err(|error| error.to_string()).and_then(price) {
        Ok(priced) => answer(StatusCode::OK, &priced),
        Err(message) => answer(StatusCode::BAD_REQUEST, &serde_json::json!({ "error": message })),
    }
}

/// The lines with the dearest first.
fn price(order: Order) -> Result<Priced, String> {
    if order.customer.is_empty() || order.items.is_empty() || order.items.len() > ITEMS_MAX {
        return Err(format!("an order has a customer and 1 to {ITEMS_MAX} items"));
    }
    if order.items.iter().any(|item| item.quantity > NUMBER_MAX || item.price_cents > NUMBER_MAX) {
        return Err(format!("no quantity and no price is above {NUMBER_MAX}"));
    }
    let mut lines: Vec<Line> = order
        .items
        .into_iter()
        .map(|item| Line { total_cents: item.quantity * item.price_cents, sku: item.sku, quantity: item.quantity })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.total_cents));
    let net_cents = lines.iter().map(|line| line.total_cents).sum::<u64>();
    let tax_cents = net_cents * TAX_PERCENT / 100;
    Ok(Priced { customer: order.customer, lines, net_cents, tax_cents, total_cents: net_cents + tax_cents })
}

fn answer(status: StatusCode, value: &impl Serialize) -> Result<Response<Body>, Error> {
    let text = serde_json::to_vec(value)?;
    Ok(Response::builder().status(status).header("content-type", "application/json").body(text.into())?)
}
