/** One that is short enough to be shown beside its samples. */
export const ORDERS_QUERY = `  orders:
    interval: 1s
    sql: select state, count(*) as n from orders group by state
    metrics:
      orders: {type: gauge, description: Orders by state, labels: [state], value: n}
`;

/** The configuration of two exporters that share shops by way of a store on a port of this host. */
export function fleetConfig(databasePaths: readonly string[], storePort: number): string {
  const targets = databasePaths.map(
    (path, n) => `  shop${n + 1}: {dsn: ${JSON.stringify(`sqlite:${path}`)}, shared: true}`,
  );
  return `namespace: shop
fleet: {store: "redis://127.0.0.1:${storePort}", lease: 3s}
targets:
${targets.join('\n')}
queries:
${ORDERS_QUERY}  takings:
    interval: 2s
    sql: select category, cents / 100.0 as euros from takings
    metrics:
      revenue_euros_total: {type: counter, description: Money taken since the shop opened, labels: [category], value: euros}
`;
}

/** The configuration of the demo: quick queries on quick schedules, and one that is slow on purpose. */
export function demoConfig(databasePath: string): string {
  return `namespace: shop
targets:
  shop:
    dsn: ${JSON.stringify(`sqlite:${databasePath}`)}
queries:
${ORDERS_QUERY}  takings:
    interval: 2s
    sql: select category, cents / 100.0 as euros from takings
    metrics:
      revenue_euros_total: {type: counter, description: Money taken since the shop opened, labels: [category], value: euros}
  stock:
    interval: 5s
    sql: select name as product, category, stock, price_cents / 100.0 as price from products
    metrics:
      stock_items: {type: gauge, description: Items on the shelf, labels: [category, product], value: stock}
      price_euros: {type: gauge, description: Price of one item, labels: [category, product], value: price}
  customers:
    interval: 5s
    sql: >-
      select c.city, count(distinct c.id) as customers, count(o.id) as open_orders
      from customers c left join orders o on o.customer_id = c.id and o.state in ('new', 'paid', 'packed')
      group by c.city
    metrics:
      customers: {type: gauge, description: Customers by city, labels: [city], value: customers}
      open_orders: {type: gauge, description: Orders not yet shipped by city, labels: [city], value: open_orders}
  rushes:
    # Slow on purpose: it compares each of the latest orders with every other one and takes some seconds. It holds up
    # neither the other metrics nor a single scrape.
    interval: 1m
    timeout: 1m
    sql: >-
      with latest as materialized (
        select o.id, o.placed_at, c.city from orders o join customers c on c.id = o.customer_id
        order by o.id desc limit 5500
      )
      select a.city, count(*) as pairs from latest a cross join latest b
      where a.id < b.id and abs(a.placed_at - b.placed_at) < 300 group by a.city
    metrics:
      order_pairs_within_5_minutes: {type: gauge, description: How often two orders came soon after each other, labels: [city], value: pairs}
`;
}
