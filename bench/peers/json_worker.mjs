// What the guest json-api (tests/guests) is in Rust: an order in JSON is checked, priced and answered in JSON.
const ITEMS_MAX = 1000;
const NUMBER_MAX = 1_000_000;
const TAX_PERCENT = 19;

function isNumber(value) {
  return Number.isInteger(value) && value >= 0 && value <= NUMBER_MAX;
}

function price(order) {
  if (typeof order.customer !== 'string' || !order.customer || !Array.isArray(order.items) || order.items.length === 0 ||
      order.items.length > ITEMS_MAX) {
    throw new Error(`an order has a customer and 1 to ${ITEMS_MAX} items`);
  }
  const lines = order.items.map(({ sku, quantity, price_cents }) => {
    if (typeof sku !== 'string' || !isNumber(quantity) || !isNumber(price_cents)) throw new Error('an item is wrong');
    return { sku, quantity, total_cents: quantity * price_cents };
  });
  lines.sort((a, b) => b.total_cents - a.total_cents);
  const net_cents = lines.reduce((sum, line) => sum + line.total_cents, 0);
  const tax_cents = Math.floor((net_cents * TAX_PERCENT) / 100);
  return { customer: order.customer, lines, net_cents, tax_cents, total_cents: net_cents + tax_cents };
}

export default {
  async fetch(request) {
    if (request.method !== 'POST') {
      return Response.json({ POST: 'an order: customer, items of sku, quantity, price_cents' });
    }
    try {
      return Response.json(price(await request.json()));
    } catch (error) {
      return Response.json({ error: error.message }, { status: 400 });
    }
  },
};
